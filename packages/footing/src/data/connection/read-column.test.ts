// Values are those of the driver's own readers, for whatever a server or somebody in its place may send.
import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../testing/test-database.ts'
import { openDataSource } from '../data-source.ts'
import { columnReader } from './read-column.ts'

const [bool, int2, int4, int8, text, timestamptz, textList, varcharList, uuidList, numeric, json] = [
  16, 21, 23, 20, 25, 1184, 1009, 1015, 2951, 1700, 114,
]

const read = (type: number, value: string) => {
  const bytes = Buffer.from(`1{${value}"2`)
  return columnReader(type)(bytes, 2, bytes.length - 2)
}
const byDriver = (type: number, value: string): unknown => pg.types.getTypeParser(type, 'text')(value)

test.each([
  [bool, ['t', 'f', 'true', 'yes', '1', '']],
  [int2, ['0', '-32768', '32767']],
  [int4, ['0', '7', '-1', '2147483647', '-2147483648', '999999999999999', '9999999999999999', '', '-', '12x', ' 4']],
  [int8, ['0', '9223372036854775807', '-9223372036854775808', '']],
  [text, ['', 'null', 'Grüße, 世界 🙂', '{}']],
  [numeric, ['1.50', 'NaN']],
  [timestamptz, ['2026-11-30 11:09:07.657123+00', 'infinity', '0044-03-15 12:00:00+00 BC']],
  [json, ['{"a":[1,null]}']],
] as const)('type %i', (type, values) => {
  for (const value of values) expect(read(type, value), value).toEqual(byDriver(type, value))
})

test.each([textList, varcharList, uuidList])('lists of texts, type %i', (type) => {
  const values = [
    '{}',
    '{one}',
    '{one,two}',
    '{NULL,null,NULLS,NULL}',
    '{"NULL","",","}',
    '{"a\\"b","c\\\\d"}',
    '{{a,b},{c,d}}',
    '[0:1]={a,b}',
    '{Grüße,世界}',
    '{ a , b }',
  ]
  for (const value of values) expect(read(type, value), value).toEqual(byDriver(type, value))
})

test('whole numbers and texts at random', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string(), (number, word) => {
      expect(read(int4, `${number}`)).toBe(number)
      expect(read(int4, word)).toEqual(byDriver(int4, word))
      expect(read(bool, word)).toEqual(byDriver(bool, word))
      expect(read(text, word)).toBe(word)
    }),
  )
})

test('lists of any texts come back from a server as they went', async () => {
  const database = await createTestDatabase()
  const source = openDataSource({ url: database.directUrl })
  const db = source.forModule('any')
  const element = fc.option(fc.string({ unit: 'binary' }).map((word) => word.replaceAll('\0', '')))
  await fc.assert(
    fc.asyncProperty(fc.array(element), async (list) => {
      expect(await db.query('select $1::text[] as list', [list])).toEqual([{ list }])
    }),
    { numRuns: 100 },
  )
  await source.close()
  await database.drop()
})

test('a reader that the application has set is the one that counts', () => {
  const own = pg.types.getTypeParser(int4, 'text')
  pg.types.setTypeParser(int4, (value) => `number ${value}`)
  try {
    expect(read(int4, '7')).toBe('number 7')
  } finally {
    pg.types.setTypeParser(int4, own)
  }
})
