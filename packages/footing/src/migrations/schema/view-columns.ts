// Which columns of a view can never be NULL: PostgreSQL does not say, so the plain cases are read from the query.
import { nameOf, type SqlToken, sqlTokens } from '../files/sql-tokens.ts'
import { sourceTokens } from './view-text.ts'

/** Where a column of a view comes from; only plain columns of joined tables have an origin. */
export interface ColumnOrigin {
  /** Schema as written; undefined for the own one. */
  readonly schema: string | undefined
  readonly table: string
  readonly column: string
}

interface Source {
  readonly schema: string | undefined
  readonly table: string
}

/**
 * For each column of the view, in order, where it comes from; undefined where that is not plain. Outer joins, unions and
 * grouping sets can put NULL anywhere, so their columns have no origin at all. `count(*)` is told as `'never null'`.
 */
export function viewOrigins(sql: string): readonly (ColumnOrigin | 'never null' | undefined)[] {
  const tokens = sqlTokens(sql).filter(({ kind }) => kind !== 'comment')
  const items = selectItems(tokens)
  const sources = sourcesOf(tokens)
  if (sources === undefined) return items.map(() => undefined)
  return items.map((item) => originOf(item, sources))
}

function selectItems(tokens: readonly SqlToken[]): readonly (readonly SqlToken[])[] {
  const words = tokens.filter(({ kind }) => kind !== 'space')
  if (nameOf(words[0]) !== 'select') return []
  const items: SqlToken[][] = [[]]
  for (const token of words.slice(1)) {
    if (token.depth === 0 && token.kind === 'word' && token.text.toLowerCase() === 'from') break
    if (token.depth === 0 && token.text === ',') items.push([])
    else items.at(-1)?.push(token)
  }
  return items
}

const nullMakers = /^(left|right|full|rollup|cube|sets|lateral)$/i

// Alias → table, for a list of plain tables that are joined by inner joins; else undefined.
function sourcesOf(tokens: readonly SqlToken[]): ReadonlyMap<string, Source> | undefined {
  if (tokens.some(({ kind, text, depth }) => depth === 0 && kind === 'word' && nullMakers.test(text))) return undefined
  const from = sourceTokens(tokens)
  if (from === undefined) return undefined
  const sources = new Map<string, Source>()
  // PostgreSQL puts each join into parentheses of its own where there are several.
  const flat = from.filter(({ text }) => text !== '(' && text !== ')')
  for (let at = 0; at < flat.length; ) {
    const first = nameOf(flat[at])
    if (first === undefined) return undefined
    const qualified = flat[at + 1]?.text === '.'
    const table = qualified ? nameOf(flat[at + 2]) : first
    if (table === undefined) return undefined
    at += qualified ? 3 : 1
    const next = flat[at]
    const alias = next !== undefined && !isJoinWord(next) && next.text !== ',' ? nameOf(next) : undefined
    if (alias !== undefined) at += 1
    sources.set(alias ?? table, { schema: qualified ? first : undefined, table })
    // On to the next table: everything between is the condition of the join.
    while (at < flat.length && flat[at]?.text !== ',' && !/^join$/i.test(flat[at]?.text ?? '')) at += 1
    at += 1
  }
  return sources
}

function isJoinWord({ kind, text }: SqlToken): boolean {
  return kind === 'word' && /^(join|inner|cross|natural|on|using|where)$/i.test(text)
}

function originOf(
  item: readonly SqlToken[],
  sources: ReadonlyMap<string, Source>,
): ColumnOrigin | 'never null' | undefined {
  const as = item.findIndex(({ kind, text }) => kind === 'word' && text.toLowerCase() === 'as')
  const own = as < 0 ? item : item.slice(0, as)
  if (own.length === 4 && own.map(({ text }) => text.toLowerCase()).join('') === 'count(*)') return 'never null'
  const [first, dot, second] = own
  if (own.length === 1 && sources.size === 1) {
    const [source] = sources.values()
    const column = nameOf(first)
    return source === undefined || column === undefined ? undefined : { ...source, column }
  }
  const source = sources.get(nameOf(first) ?? '')
  const column = nameOf(second)
  if (own.length !== 3 || dot?.text !== '.' || source === undefined || column === undefined) return undefined
  return { ...source, column }
}
