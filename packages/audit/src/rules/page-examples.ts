// Reads the examples out of a rule's page: small projects of several files, with the findings that are expected in them.

/** A finding that an example expects. */
export interface Expectation {
  readonly path: string
  readonly line: number
  readonly confidence: string
}

/** One example of a page. */
export interface PageExample {
  readonly title: string
  readonly flagged: boolean
  readonly files: ReadonlyMap<string, string>
  readonly expected: readonly Expectation[]
}

/** What a page must have, in this order. */
export const PAGE_HEADINGS = [
  'What it finds',
  'Why it matters',
  'Remedy',
  'When to allow it',
  'Limitations',
  'Examples',
] as const

/** The second-level headings of a page. */
export function headingsOf(page: string): string[] {
  return outsideFences(page).flatMap((line) => (line.startsWith('## ') ? [line.slice(3).trim()] : []))
}

/** The examples of a page, in order. Throws for a fence without a file name: it would be an example that nobody runs. */
export function examplesOf(page: string): PageExample[] {
  const examples: { title: string; flagged: boolean; files: Map<string, string>; expected: Expectation[] }[] = []
  const lines = page.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const heading = /^### (Flagged|Clean): (.+)$/.exec(line)
    if (heading !== null)
      examples.push({ title: heading[2] ?? '', flagged: heading[1] === 'Flagged', files: new Map(), expected: [] })
    if (!line.startsWith('```')) continue
    const path = /\bfile=(\S+)/.exec(line)?.[1]
    const example = examples.at(-1)
    const end = lines.findIndex((other, index) => index > at && other.startsWith('```'))
    if (end < 0) throw new SyntaxError(`line ${at + 1}: the fence is not closed`)
    if (example !== undefined) {
      if (path === undefined) throw new SyntaxError(`line ${at + 1}: an example needs file=PATH`)
      const body = lines.slice(at + 1, end)
      example.expected.push(...marked(path, line, body))
      example.files.set(
        path,
        body
          .map(withoutMarker)
          .map((text) => `${text}\n`)
          .join(''),
      )
    }
    at = end
  }
  return examples
}

function marked(path: string, fence: string, body: readonly string[]): Expectation[] {
  const inFence = [...fence.matchAll(/\bfinding=(\d+):(\w+)/g)].map(([, line, confidence = '']) => ({
    path,
    line: Number(line),
    confidence,
  }))
  const inBody = body.flatMap((text, index) => {
    const confidence = /\s*(?:#|--|;|\/\/) finding: (\w+)$/.exec(text)?.[1]
    return confidence === undefined ? [] : [{ path, line: index + 1, confidence }]
  })
  return [...inFence, ...inBody]
}

function withoutMarker(text: string): string {
  return text.replace(/\s*(?:#|--|;|\/\/) finding: \w+$/, '')
}

function outsideFences(page: string): string[] {
  let inside = false
  return page.split('\n').filter((line) => {
    if (line.startsWith('```')) inside = !inside
    return !inside
  })
}
