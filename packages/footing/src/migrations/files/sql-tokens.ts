// Cuts SQL into words, names, texts and signs: enough to look at it without mistaking a text for a name.

/** One piece of SQL. `quoted` is a name in double quotes; `text` any string or dollar-quoted body. */
export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'text' | 'comment' | 'space' | 'sign'
  readonly text: string
  /** Parentheses around it. */
  readonly depth: number
}

const patterns: readonly (readonly [SqlToken['kind'], RegExp])[] = [
  ['space', /\s+/y],
  ['comment', /--[^\n]*/y],
  ['text', /[eE]'(?:[^'\\]|\\[\s\S]|'')*'?/y],
  ['text', /'(?:[^']|'')*'?/y],
  ['quoted', /"(?:[^"]|"")*"?/y],
  ['word', /[\p{L}_][\p{L}\p{N}_$]*/uy],
]

/** All pieces in order; joined they are the SQL again. What is not closed reaches to the end. */
export function sqlTokens(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = []
  let depth = 0
  for (let at = 0; at < sql.length; ) {
    const [kind, text] = tokenAt(sql, at)
    if (text === ')') depth = Math.max(0, depth - 1)
    tokens.push({ kind, text, depth })
    if (text === '(') depth += 1
    at += text.length
  }
  return tokens
}

function tokenAt(sql: string, at: number): readonly [SqlToken['kind'], string] {
  if (sql.startsWith('/*', at)) return ['comment', sql.slice(at, endOfComment(sql, at))]
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(sql)?.[0]
    if (found !== undefined) return [kind, found]
  }
  const tag = sql[at] === '$' ? dollarTag(sql, at) : undefined
  if (tag !== undefined) {
    const end = sql.indexOf(tag, at + tag.length)
    return ['text', sql.slice(at, end < 0 ? sql.length : end + tag.length)]
  }
  return ['sign', sql[at] ?? '']
}

function dollarTag(sql: string, at: number): string | undefined {
  const pattern = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy
  pattern.lastIndex = at
  return pattern.exec(sql)?.[0]
}

// PostgreSQL's comments nest.
function endOfComment(sql: string, at: number): number {
  const mark = /\/\*|\*\//g
  mark.lastIndex = at
  let open = 0
  for (let found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    open += found[0] === '/*' ? 1 : -1
    if (open === 0) return mark.lastIndex
  }
  return sql.length
}

/** The name that a token says: quotes removed, letters folded as PostgreSQL does. Undefined for what is no name. */
export function nameOf(token: SqlToken | undefined): string | undefined {
  if (token?.kind === 'quoted') return token.text.slice(1, -1).replaceAll('""', '"')
  return token?.kind === 'word' ? token.text.toLowerCase() : undefined
}
