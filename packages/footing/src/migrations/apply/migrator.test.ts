// Migrations against the real server: order, history, concurrency, failure, and the refusal of a pooler.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFootingError } from '@footing/kernel'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MigrationSource } from '../../data/contract/contract.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { createMigrator } from './migrator.ts'

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'footing-migrations-'))
})

afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

async function source(module: string, files: Record<string, string>, needs: string[] = []): Promise<MigrationSource> {
  const own = await mkdtemp(join(folder, `${module}-`))
  for (const [name, text] of Object.entries(files)) await writeFile(join(own, name), text)
  return { module, needs, folder: pathToFileURL(`${own}/`) }
}

async function rows(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.directUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (isFootingError(error) ? error.code : `not coded: ${String(error)}`),
  )

describe('up', () => {
  test('runs needs first, then names, each module in its own schema', async () => {
    const sources = [
      await source(
        'content',
        { '0001-article.sql': 'create table article (author bigint references identity.person)' },
        ['identity'],
      ),
      await source('identity', {
        '0002-row.sql': 'insert into person (id) values (7)',
        '0001-person.sql': 'create table person (id bigint primary key)',
      }),
    ]
    const done = await createMigrator({ url: database.directUrl, sources }).up()
    expect(done.map(({ module, name }) => `${module}/${name}`)).toEqual([
      'identity/0001-person',
      'identity/0002-row',
      'content/0001-article',
    ])
    expect(await rows('select id from identity.person')).toEqual([{ id: '7' }])
    expect(await createMigrator({ url: database.directUrl, sources }).up()).toEqual([])
  })

  test('twenty starts at once apply each migration once', async () => {
    const sources = [
      await source('shop', {
        '0001-a.sql': 'create table a (id int); insert into a values (1)',
        '0002-b.sql': '-- footing: no-transaction\ncreate index concurrently a_id on a (id)',
        '0003-c.sql': 'insert into a values (2)',
      }),
    ]
    const starts = Array.from({ length: 20 }, () => createMigrator({ url: database.directUrl, sources }).up())
    const applied = (await Promise.all(starts)).map((done) => done.length)
    expect(applied.toSorted((a, b) => b - a)).toEqual([3, ...Array(19).fill(0)])
    expect(await rows('select id from shop.a order by id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('a failed migration leaves nothing behind and names its line; what came before stays', async () => {
    const sources = [
      await source('shop', {
        '0001-a.sql': 'create table a (id int)',
        '0002-b.sql': 'create table b (id int);\n\ncreate tabel c (id int)',
      }),
    ]
    const error = await createMigrator({ url: database.directUrl, sources })
      .up()
      .catch((e: unknown) => e)
    expect(isFootingError(error, 'migration-failed') && error.remedy).toContain('at line 3')
    const tables = await rows(
      `select relname from pg_class where relnamespace = 'shop'::regnamespace and relkind = 'r'`,
    )
    expect(tables).toEqual([{ relname: 'a' }])
  })

  test('a migration that commits by itself is refused', async () => {
    const sources = [await source('shop', { '0001-a.sql': 'create table a (id int); commit; create table b (id int)' })]
    expect(await code(createMigrator({ url: database.directUrl, sources }).up())).toBe('migration-failed')
  })

  test('an interrupted index build is mended by the next run', async () => {
    const first = await source('shop', { '0001-a.sql': 'create table a (id int); insert into a values (1), (1)' })
    await createMigrator({ url: database.directUrl, sources: [first] }).up()
    const second = await source('shop', {
      '0001-a.sql': 'create table a (id int); insert into a values (1), (1)',
      '0002-i.sql': '-- footing: no-transaction\ncreate unique index concurrently if not exists a_id on a (id)',
    })
    const migrator = createMigrator({ url: database.directUrl, sources: [second] })
    expect(await code(migrator.up())).toBe('migration-failed')
    const invalid = `select indisvalid from pg_index where indexrelid = 'shop.a_id'::regclass`
    expect(await rows(invalid)).toEqual([{ indisvalid: false }])
    await rows('delete from shop.a')
    expect(await migrator.up()).toHaveLength(1)
    expect(await rows(invalid)).toEqual([{ indisvalid: true }])
  })

  test('a lock held by somebody else is waited for in short turns', async () => {
    const first = { '0001-a.sql': 'create table a (id int)' }
    await createMigrator({ url: database.directUrl, sources: [await source('shop', first)] }).up()
    const sources = [await source('shop', { ...first, '0002-b.sql': 'alter table a add column name text' })]

    const holder = new pg.Client({ connectionString: database.directUrl })
    await holder.connect()
    await holder.query('begin; lock table shop.a in access share mode')
    const lines: string[] = []
    const migrator = createMigrator({
      url: database.directUrl,
      sources,
      lockTimeoutMs: 50,
      log(line) {
        lines.push(line)
        if (line.includes('no lock')) void holder.query('commit')
      },
    })
    expect(await migrator.up()).toHaveLength(1)
    expect(lines.filter((line) => line.includes('no lock'))).toHaveLength(1)
    await holder.end()
  })

  test('a process that dies in the middle is simply followed by the next', async () => {
    const sources = [
      await source('shop', {
        '0001-a.sql': 'create table a (id int)',
        '0002-b.sql': 'select pg_sleep(20); create table b (id int)',
      }),
    ]
    const dying = createMigrator({ url: database.directUrl, sources }).up()
    const failed = code(dying)
    await expect
      .poll(() =>
        rows(
          `select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep(20)%' and datname = current_database()`,
        ),
      )
      .toHaveLength(1)
    expect(await failed).toBe('migration-failed')
    expect(await rows('select module, name from footing.migration')).toEqual([{ module: 'shop', name: '0001-a' }])
  })
})

describe('refusals', () => {
  test('a pooler is recognised and refused', async () => {
    const sources = [await source('shop', { '0001-a.sql': 'create table a (id int)' })]
    expect(await code(createMigrator({ url: database.url, sources }).up())).toBe('migration-through-pooler')
  })

  test.each([
    ['changed', { '0001-a.sql': 'create table a (id bigint)' }, 'migration-changed'],
    ['missing', {}, 'migration-missing'],
    ['out of order', { '0000-z.sql': 'select 1', '0001-a.sql': 'create table a (id int)' }, 'migration-out-of-order'],
    ['misnamed', { 'create a.sql': 'select 1' }, 'migration-invalid'],
    ['numbered twice', { '0001-a.sql': 'create table a (id int)', '0001-b.sql': 'select 1' }, 'migration-number-taken'],
  ])('%s', async (_what, files: Record<string, string>, expected) => {
    await createMigrator({
      url: database.directUrl,
      sources: [await source('shop', { '0001-a.sql': 'create table a (id int)' })],
    }).up()
    expect(await code(createMigrator({ url: database.directUrl, sources: [await source('shop', files)] }).up())).toBe(
      expected,
    )
  })

  test('line endings are no change', async () => {
    const unix = await source('shop', { '0001-a.sql': 'create table a (\n  id int\n)' })
    const windows = await source('shop', { '0001-a.sql': 'create table a (\r\n  id int\r\n)' })
    await createMigrator({ url: database.directUrl, sources: [unix] }).up()
    expect(await createMigrator({ url: database.directUrl, sources: [windows] }).up()).toEqual([])
  })

  test('modules that need each other', async () => {
    const sources = [await source('a', {}, ['b']), await source('b', {}, ['a'])]
    expect(await code(createMigrator({ url: database.directUrl, sources }).up())).toBe('migration-cycle')
  })

  test.each(['pg_shop', 'Shop', 'shop"; drop schema public cascade; --', ''])('the module name %j', async (module) => {
    const files = await source('shop', { '0001-a.sql': 'select 1' })
    const outcome = await code(createMigrator({ url: database.directUrl, sources: [{ ...files, module }] }).up())
    expect(outcome).toBe('data-schema-name')
  })

  test('another one that never ends is named', async () => {
    const holder = new pg.Client({ connectionString: database.directUrl, application_name: 'slow one' })
    await holder.connect()
    await holder.query('select pg_advisory_lock(1718579060, 1)')
    const migrator = createMigrator({ url: database.directUrl, sources: [], waitTimeoutMs: 150 })
    const error = await migrator.up().catch((e: unknown) => e)
    expect(isFootingError(error, 'migration-locked') && error.why).toContain('slow one')
    await holder.end()
  })
})

test('code migrations get a transaction of their module', async () => {
  const sources = [
    await source('shop', {
      '0001-a.sql': 'create table a (id int)',
      '0002-b.ts': `export async function up(tx) { await tx.insertInto('a').values({ id: 5 }).execute() }`,
    }),
  ]
  await createMigrator({ url: database.directUrl, sources }).up()
  expect(await rows('select id from shop.a')).toEqual([{ id: 5 }])
  const states = (await createMigrator({ url: database.directUrl, sources }).status()).map(({ state }) => state)
  expect(states).toEqual(['applied', 'applied'])
})
