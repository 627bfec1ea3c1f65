// Table types against the real server: golden text for one of everything, and the driver's own values against what is declared.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { createMigrator } from '../apply/migrator.ts'
import { readTableShapes, type TableShape } from './read-table-shapes.ts'
import { interfaceName, renderTableTypes } from './render-table-types.ts'

const golden = new URL('golden/everything.tables.generated.ts', import.meta.url)
let folder: string
let database: TestDatabase
let shapes: ReadonlyMap<string, readonly TableShape[]>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-types-'))
  const everything = await readFile(new URL('golden/everything.sql', import.meta.url), 'utf8')
  await writeFile(join(folder, '0001-everything.sql'), everything)
  await writeFile(join(folder, '0002-sample.sql'), sample)
  const source = { module: 'shop', needs: [], folder: pathToFileURL(`${folder}/`) }
  database = await createTestDatabase({ pooled: false })
  await createMigrator({ url: database.directUrl, sources: [source] }).up()
  await database.query(`create schema other;
    create view other.cards as select i.id, i.name as label, i.price, upper(i.name) as loud, p.weight
      from shop.item i join shop.part p on p.item_id = i.id;
    create view other.maybe as select i.id, p.id as part from shop.item i left join shop.part p on p.item_id = i.id;
    create view other.again as select label, id from other.cards;
    create view other.sums as select price, count(*) as items, sum(id) as ids from shop.item group by price;
    create view other.both as select id from shop.item union all select id from shop.part;
    create view other.odd as select "Odd ""name""" as "an ""odd"" one", name from shop.item where name <> 'from';`)
  shapes = await readTableShapes(database.directUrl, ['shop', 'other'])
})
afterAll(async () => {
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

// One column for each type that a program meets, each with a value.
const values: Readonly<Record<string, string>> = {
  bool: 'true',
  int2: '1',
  int4: '1',
  int8: '9007199254740993',
  numeric: '1.10',
  float4: '1.5',
  float8: '1.5',
  oid: '1',
  text: `'a'`,
  varchar: `'a'`,
  bpchar: `'a'`,
  uuid: `'00000000-0000-0000-0000-000000000000'`,
  timestamptz: 'now()',
  timestamp: 'localtimestamp',
  date: 'current_date',
  time: `'10:00'`,
  json: `'{"a": 1}'`,
  jsonb: `'[1]'`,
  bytea: `'\\x00'`,
  interval: `'1 day'`,
  inet: `'127.0.0.1'`,
  point: `'(1,2)'`,
  circle: `'<(1,2),3>'`,
  money: '1',
  bit: `b'1'`,
  tsvector: `'a b'`,
  int4range: `'[1,2)'`,
  mood: `'calm'`,
  cents: '3',
  place: `row('x', 1)`,
}
const arrays = [
  'bool',
  'int2',
  'int4',
  'int8',
  'numeric',
  'float8',
  'text',
  'varchar',
  'uuid',
  'timestamptz',
  'date',
  'jsonb',
  'bytea',
  'inet',
  'mood',
  'cents',
  'time',
  'money',
  'point',
]
const sample = `create table sample (
  ${Object.keys(values)
    .map((type) => `c_${type} ${type} not null`)
    .join(',\n  ')},
  ${arrays.map((type) => `a_${type} ${type}[] not null`).join(',\n  ')});
insert into sample values (${Object.entries(values)
  .map(([type, value]) => `${value}::${type}`)
  .join(', ')},
  ${arrays.map((type) => `array[${values[type]}::${type}]`).join(', ')})`

function declared(shape: TableShape | undefined, column: string): string {
  const only = shape?.columns.filter(({ name }) => name === column) ?? []
  const text = renderTableTypes({ module: 'x', tables: [{ name: 't', isView: true, columns: only }], reads: [] })
  return /ColumnType<(.*), never, never>/.exec(text)?.[1] ?? 'not found'
}

test('one of everything', async () => {
  const tables = (shapes.get('shop') ?? []).filter(({ name }) => name !== 'sample')
  const reads = [
    { module: 'other', view: 'cards', shape: shapes.get('other')?.find(({ name }) => name === 'cards') },
    { module: 'other', view: 'nowhere', shape: undefined },
  ]
  expect(renderTableTypes({ module: 'shop', tables, reads })).toBe(await readFile(golden, 'utf8'))
})

test('what the driver gives is what the type says', async () => {
  const [row = {}] = await database.query('select * from shop.sample')
  const shape = shapes.get('shop')?.find(({ name }) => name === 'sample')
  expect(Object.keys(row)).toHaveLength(Object.keys(values).length + arrays.length)
  for (const [column, value] of Object.entries(row)) {
    const type = declared(shape, column)
    expect({ column, fits: fits(type, value), type }).toEqual({ column, fits: true, type })
  }
})

// A reader of the few forms that the types have.
function fits(type: string, value: unknown): boolean {
  const array = /^\(?(.*?)\)?\[\]$/.exec(type)?.[1]
  if (array !== undefined) return Array.isArray(value) && value.every((each) => fits(array, each))
  if (type === 'unknown') return typeof value !== 'string'
  if (type === 'Date') return value instanceof Date
  if (type === 'Buffer') return Buffer.isBuffer(value)
  if (type.startsWith('{')) return typeof value === 'object' && value !== null && 'x' in value
  if (type.startsWith("'")) return typeof value === 'string' && type.includes(`'${value}'`)
  return typeof value === type
}

describe('views', () => {
  const nullable = (view: string) =>
    Object.fromEntries(
      (shapes.get('other')?.find(({ name }) => name === view)?.columns ?? []).map((column) => [
        column.name,
        column.nullable,
      ]),
    )

  test.each([
    // A domain that is NOT NULL makes its columns so, also in a view.
    ['cards', { id: false, label: false, price: false, loud: true, weight: true }],
    ['maybe', { id: true, part: true }],
    ['again', { label: false, id: false }],
    ['sums', { price: false, items: false, ids: true }],
    ['both', { id: true }],
    ['odd', { 'an "odd" one': true, name: false }],
  ])('%s: only what is sure is never null', (view, expected) => {
    expect(nullable(view)).toEqual(expected)
  })
})

test('names of every kind end up as properties and never as code', () => {
  const column = {
    type: { name: 'text', values: ["it's", '`x`', '\u2028'], isArray: false, builtIn: true },
    nullable: false,
    optional: false,
    generated: false,
  }
  const text = renderTableTypes({
    module: 'user-profile',
    tables: [
      {
        name: "a'}; process.exit(1) //",
        isView: false,
        columns: [{ ...column, name: 'a\nb', comment: 'x */ process.exit(1)\n/*' }],
      },
    ],
    reads: [],
  })
  expect(text).toContain(`export interface UserProfileTables {\n  'a\\'}; process.exit(1) //': {`)
  expect(text).toContain(`    'a\\nb': 'it\\'s' | '\`x\`' | '\\u2028'`)
  expect(text.match(/\*\//g)).toHaveLength(1)
  expect(interfaceName('billing')).toBe('BillingTables')
  expect(renderTableTypes({ module: 'a', tables: [], reads: [] })).toContain('export interface ATables {\n}')
})
