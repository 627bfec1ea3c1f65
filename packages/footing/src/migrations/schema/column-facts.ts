// What hangs on a column, found in a dump: what a column that takes its place has to have, and what is gone with it.

import { nameOf, type SqlToken, sqlTokens } from '../files/sql-tokens.ts'
import type { ColumnCheck, ColumnFacts } from '../recipes/recipe.ts'
import { writtenName } from '../recipes/written-name.ts'
import { parseSchema } from './schema-object.ts'

/** Words that begin the next part of a column's line. */
const nextPart = new Set(['not', 'storage', 'with', 'comment'])

/**
 * The facts of a column; nothing hangs on one that the dump does not have. With `to`, checks are written for a column of that
 * name.
 */
export function columnFacts(dump: string, table: string, column: string, to = column): ColumnFacts {
  const objects = parseSchema(dump)
  const own = objects.find(({ kind, name }) => kind === 'table' && namesIn(name)[0] === table)
  const lines = (own?.lines ?? []).filter((line) => line.startsWith('  ')).map((line) => line.trim())
  const constraints = lines.filter((line) => line.startsWith('constraint ')).filter((line) => names(line, column))
  const line = lines.find((text) => !text.startsWith('constraint ') && nameOf(sqlTokens(text)[0]) === column) ?? ''
  const checks = constraints
    .map(readCheck)
    .filter((check) => check !== undefined)
    .map(({ name, expression }) => ({ name, expression: withColumn(expression, column, writtenName(to)) }))
  const indexes = objects.filter(
    ({ kind, name, lines: text }) => kind === 'index' && namesIn(name)[0] === table && names(text.join('\n'), column),
  )
  return {
    ...readColumn(line),
    checks,
    others: [
      ...(/ generated (?:always|by default) as identity/.test(line) ? ['identity'] : []),
      ...constraints.filter((text) => readCheck(text) === undefined),
      ...indexes.map(({ name }) => `index ${namesIn(name).at(-1)}`),
    ],
  }
}

/** The expression of a check with another column in the place of one. */
function withColumn(expression: string, column: string, written: string): string {
  return sqlTokens(expression)
    .map((token) => (nameOf(token) === column ? written : token.text))
    .join('')
}

function readColumn(line: string): Pick<ColumnFacts, 'notNull' | 'fallback'> {
  const tokens = sqlTokens(line)
  const top = (token: SqlToken | undefined, word: string): boolean =>
    token?.kind === 'word' && token.depth === 0 && token.text === word
  const begins = tokens.findIndex((token, index) => index > 0 && top(token, 'default'))
  // Only what stands in front of a comment says something about the column.
  const notNull = tokens.some((token, index) => top(token, 'not') && top(tokens[index + 2], 'null'))
  if (begins < 0 || tokens.slice(0, begins).some((token) => top(token, 'generated')))
    return { notNull, fallback: undefined }
  const length = tokens
    .slice(begins + 1)
    .findIndex((token) => token.kind === 'word' && token.depth === 0 && nextPart.has(token.text))
  const end = length < 0 ? tokens.length : begins + 1 + length
  const fallback = tokens
    .slice(begins + 1, end)
    .map(({ text }) => text)
    .join('')
    .trim()
  return { notNull, fallback: fallback === '' ? undefined : fallback }
}

function readCheck(line: string): ColumnCheck | undefined {
  const tokens = sqlTokens(line).filter(({ kind }) => kind !== 'space')
  if (tokens[2]?.text !== 'CHECK') return undefined
  const expression = line.slice(line.indexOf('(', line.indexOf('CHECK')))
  const end = closing(expression)
  return { name: nameOf(tokens[1]) ?? '', expression: expression.slice(0, end) }
}

/** Where the parenthesis that the text begins with is closed. */
function closing(text: string): number {
  let at = 0
  for (const token of sqlTokens(text)) {
    at += token.text.length
    if (token.text === ')' && token.depth === 0) return at
  }
  return text.length
}

const namesIn = (text: string): readonly string[] =>
  sqlTokens(text)
    .map(nameOf)
    .filter((name) => name !== undefined)
const names = (text: string, column: string): boolean => namesIn(text).includes(column)
