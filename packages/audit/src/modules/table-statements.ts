// Which tables an SQL text reads and writes, by the words before their names. No grammar: a text that is cut short still tells.

/** One table in a text, with its schema when one is written. */
export interface TableUse {
  readonly schema: string
  readonly table: string
  readonly writes: boolean
}

const NAME = String.raw`(?:only\s+)?("[^"]+"|[a-z_][\w$]*)(?:\s*\.\s*("[^"]+"|[a-z_][\w$]*))?`
const WRITES = new RegExp(
  String.raw`\b(?:insert\s+into|replace\s+into|merge\s+into|delete\s+from|truncate(?:\s+table)?|update)\s+${NAME}`,
  'gi',
)
const READS = new RegExp(String.raw`\b(?:from|join)\s+${NAME}`, 'gi')
/** Strings and comments may hold any word. Quoted names stay: they are names. */
const NOISE = /'(?:[^']|'')*'|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//g
/** `for update of`, `on conflict do update set`, `extract(day from x)`: these words are no statement. */
const NO_TABLE = new Set([
  'set',
  'of',
  'skip',
  'nowait',
  'only',
  'select',
  'lateral',
  'unnest',
  'generate_series',
  'where',
])

/** Tables of a text: a table that is written is not told as read by the same words. */
export function tableStatements(text: string): TableUse[] {
  if (text.length > 100_000) return []
  const plain = text.replace(NOISE, "''")
  const found: TableUse[] = []
  for (const [pattern, writes] of [
    [WRITES, true],
    [READS, false],
  ] as const) {
    for (const match of plain.matchAll(pattern)) {
      const before = plain.slice(0, match.index)
      if (writes ? /(?:\bdo|\bfor|\bno\s+key)\s+$/i.test(before) : /(?:\bdelete|\bdistinct)\s+$/i.test(before)) continue
      const [first = '', second] = [unquoted(match[1]), match[2] === undefined ? undefined : unquoted(match[2])]
      if (NO_TABLE.has(first)) continue
      // A function in the place of a table: `from unnest(…)`, `extract(day from created_at)`.
      if (/^\s*\(/.test(plain.slice(match.index + match[0].length)) && !writes) continue
      found.push(second === undefined ? { schema: '', table: first, writes } : { schema: first, table: second, writes })
    }
  }
  return found
}

function unquoted(name: string | undefined): string {
  if (name === undefined) return ''
  return name.startsWith('"') ? name.slice(1, -1) : name.toLowerCase()
}
