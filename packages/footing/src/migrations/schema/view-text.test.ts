// Views as PostgreSQL 15 prints them come to the text that PostgreSQL 18 prints: pairs that both servers gave.
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameOf, sqlTokens } from '../files/sql-tokens.ts'
import { dumpedTable } from './dumped-table.ts'
import { canonicalView } from './view-text.ts'

const pairs: readonly { readonly printedBy15: string; readonly canonical: string }[] = JSON.parse(
  await readFile(new URL('golden/views.json', import.meta.url), 'utf8'),
)

test.each(pairs)('pair %#', ({ printedBy15, canonical }) => {
  expect(canonicalView(printedBy15)).toBe(canonical)
  expect(canonicalView(canonical)).toBe(canonical)
})

test('any text is cut into pieces that are the text again, closed or not', () => {
  const part = fc.constantFrom(
    "'",
    '"',
    '$$',
    '$a$',
    '/*',
    '*/',
    '--',
    '\n',
    'E',
    '\\',
    '(',
    ')',
    'ü',
    'a',
    ' ',
    '$1',
    '.',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part).map((parts) => parts.join('')),
      ),
      (sql) => {
        const tokens = sqlTokens(sql)
        expect(tokens.map(({ text }) => text).join('')).toBe(sql)
        expect(tokens.every(({ depth }) => depth >= 0)).toBe(true)
      },
    ),
  )
})

test.each([
  [`'it''s a' b`, ['text', 'space', 'word']],
  [`e'\\'' "a""b"`, ['text', 'space', 'quoted']],
  ["$q$ $$ ' $q$x", ['text', 'word']],
  ['/* a /* b */ c */d -- e', ['comment', 'word', 'space', 'comment']],
])('%s', (sql, kinds) => {
  expect(sqlTokens(sql).map(({ kind }) => kind)).toEqual(kinds)
})

test('names are folded as PostgreSQL does, unless they are quoted', () => {
  expect(sqlTokens('ITEM "It""em" 3').map((token) => nameOf(token))).toEqual([
    'item',
    undefined,
    'It"em',
    undefined,
    undefined,
  ])
})

test('a megabyte of SQL is cut in no time that matters', () => {
  const started = performance.now()
  sqlTokens(`select '${'x'.repeat(1_000_000)}', ${'(('.repeat(50_000)}${'a.b, '.repeat(100_000)}`)
  expect(performance.now() - started).toBeLessThan(5000)
})

test('a table is found in a dump with its types and its key', () => {
  const dump = `-- head\n\n--- table "Odd x"\ncreate table "Odd x" (
  "a b" numeric(10,2) default 1 not null
  name character varying(20) collate "C"
  id bigint generated always as identity not null
  plain timestamp with time zone
  constraint k PRIMARY KEY ("a b", id)
)\n`
  const { types, key } = dumpedTable(dump, 'Odd x')
  expect(Object.fromEntries(types)).toEqual({
    'a b': 'numeric(10,2)',
    name: 'character varying(20)',
    id: 'bigint',
    plain: 'timestamp with time zone',
  })
  expect(key).toEqual(['a b', 'id'])
  expect(dumpedTable(dump, 'nowhere')).toEqual({ types: new Map(), key: [] })
  expect(dumpedTable('', '')).toEqual({ types: new Map(), key: [] })
})
