// Reads a query text as PostgreSQL's websearch_to_tsquery does, for what has to be asked word by word.

/** One word or phrase. */
export interface QueryTerm {
  readonly text: string
  readonly phrase: boolean
  readonly negated: boolean
}

/** Alternatives; of each all terms must hold. */
export type QueryGroups = readonly (readonly QueryTerm[])[]

/** Reads it. Any text has a meaning: a quote that is not closed reaches to the end, a lone sign is nothing. */
export function readQueryText(text: string): QueryGroups {
  const groups: QueryTerm[][] = [[]]
  for (const [, sign, phrase, word = ''] of text.matchAll(/(-?)"([^"]*)(?:"|$)|([^\s"]+)/g)) {
    if (phrase === undefined && /^or$/i.test(word)) {
      groups.push([])
      continue
    }
    const negated = phrase === undefined ? /^-+[^-]/.test(word) : sign === '-'
    const content = phrase ?? word.replace(/^-+/, '')
    if (/[\p{L}\p{N}]/u.test(content)) groups.at(-1)?.push({ text: content, phrase: phrase !== undefined, negated })
  }
  return groups.filter((terms) => terms.length > 0)
}
