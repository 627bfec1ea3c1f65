// Reads judged cases: small projects, each with the verdict of a reader on what one rule said of it.

/** One judged case. */
export interface TruthCase {
  readonly page: string
  readonly title: string
  readonly verdict: 'right' | 'weak' | 'wrong'
  readonly rule: string
  /** Where it was judged: repository and place. */
  readonly from: string
  readonly files: ReadonlyMap<string, string>
  /** Places that have to be told, `path:line`; none unless it was right. */
  readonly told: readonly string[]
}

const TOLD = /\s*(?:#|\/\/) told$/

/** The cases of a page. @throws SyntaxError for a case without a rule, or a fence without a file */
export function truthCases(page: string, name: string): readonly TruthCase[] {
  const parts = page.split(/^### /m).slice(1)
  return parts.map((part) => {
    const [, verdict, title = ''] = /^(right|weak|wrong): (.+)$/m.exec(part) ?? []
    const [, rule, from = ''] = /^`([a-z]+\/[a-z-]+)`, (.+)$/m.exec(part) ?? []
    if (verdict === undefined || rule === undefined) throw new SyntaxError(`${name}: a case without verdict or rule`)
    const files = new Map<string, string>()
    const told: string[] = []
    for (const [, path = '', body = ''] of part.matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm)) {
      const lines = body.split('\n')
      for (const [index, line] of lines.entries()) if (TOLD.test(line)) told.push(`${path}:${index + 1}`)
      files.set(path, lines.map((line) => line.replace(TOLD, '')).join('\n'))
    }
    // The pattern above allows three verdicts.
    return { page: name, title, verdict: verdict as TruthCase['verdict'], rule, from, files, told }
  })
}
