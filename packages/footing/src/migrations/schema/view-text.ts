// Writes the query of a view the same whatever server printed it: up to PostgreSQL 15 the columns of a view of one table
// carry the name of the table, later ones do not.
import { nameOf, type SqlToken, sqlTokens } from '../files/sql-tokens.ts'

/** The query as PostgreSQL 16 and later print it. */
export function canonicalView(sql: string): string {
  const tokens = sqlTokens(sql)
  const source = onlySource(tokens)
  const kept = source === undefined ? tokens : withoutPrefix(tokens, source)
  return kept
    .map(({ text }) => text)
    .join('')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim()
    .replace(/;$/, '')
}

const endOfSources = new Set(['where', 'group', 'having', 'order', 'limit', 'offset', 'fetch', 'window', 'for'])
const setOperations = new Set(['union', 'intersect', 'except'])

/** The words of the first list after FROM outside of parentheses, without spaces; undefined when there is none. */
export function sourceTokens(tokens: readonly SqlToken[]): readonly SqlToken[] | undefined {
  const top = tokens.filter(({ depth, kind }) => depth === 0 && kind !== 'space')
  if (top.some((token) => token.kind === 'word' && setOperations.has(token.text.toLowerCase()))) return undefined
  const from = top.findIndex(({ kind, text }) => kind === 'word' && text.toLowerCase() === 'from')
  if (from < 0) return undefined
  const rest = top.slice(from + 1)
  const end = rest.findIndex((token) => token.kind === 'word' && endOfSources.has(token.text.toLowerCase()))
  return (end < 0 ? rest : rest.slice(0, end)).filter(({ text }) => text !== ';')
}

// The name by which the only table, function or subquery after FROM is called.
function onlySource(tokens: readonly SqlToken[]): string | undefined {
  const sources = sourceTokens(tokens)
  if (
    sources === undefined ||
    sources.some(({ kind, text }) => text === ',' || (kind === 'word' && /^join$/i.test(text)))
  ) {
    return undefined
  }
  const sample = sources.findIndex(({ kind, text }) => kind === 'word' && /^tablesample$/i.test(text))
  const named = sample < 0 ? sources : sources.slice(0, sample)
  const names = named.filter(({ text }) => text !== '(' && text !== ')' && !/^(lateral|only|as)$/i.test(text))
  return nameOf(names.at(-1))
}

// Inside of a subquery every server writes the prefix, so only parentheses without SELECT lose it.
function withoutPrefix(tokens: readonly SqlToken[], source: string): readonly SqlToken[] {
  const inSubquery: boolean[] = [false]
  const kept: SqlToken[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined) break
    if (token.text === '(') {
      const next = tokens.slice(at + 1, at + 4).find(({ kind }) => kind !== 'space')
      inSubquery.push(
        inSubquery.at(-1) === true || (next?.kind === 'word' && /^(select|with|values)$/i.test(next.text)),
      )
    } else if (token.text === ')') inSubquery.pop()
    const isPrefix = inSubquery.at(-1) === false && nameOf(token) === source && tokens[at + 1]?.text === '.'
    if (isPrefix && tokens[at - 1]?.text !== '.') at += 1
    else kept.push(token)
  }
  return kept
}
