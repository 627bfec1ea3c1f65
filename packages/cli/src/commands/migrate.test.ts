import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@footing/core/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { migrate } from './migrate.ts'

const core = new URL('../../../../node_modules/@footing/core/src/index.ts', import.meta.url)

let folder = ''
let database: Awaited<ReturnType<typeof createTestDatabase>>

beforeEach(async () => {
  database = await createTestDatabase({ migrations: [] })
  folder = await mkdtemp(join(tmpdir(), 'footing migrate '))
  await mkdir(join(folder, 'src/shop/migrations'), { recursive: true })
  await mkdir(join(folder, 'src/till'), { recursive: true })
  await file('0001-create-item.sql', 'create table item (id int primary key, name text);\n')
  await mkdir(join(folder, 'src/till/migrations'), { recursive: true })
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement } from ${JSON.stringify(core.href)}
const shop = defineModule('shop', { owner: '@acme/shop', migrations: new URL('./shop/migrations/', import.meta.url) })
const till = defineModule('till', {
  owner: '@acme/till', needs: [shop], reads: { shop: ['card'] }, migrations: new URL('./till/migrations/', import.meta.url),
})
const bare = defineModule('bare', { owner: '@acme/bare' })
export const app = createApp({
  name: 'shop',
  modules: [implement(shop, () => ({ port: {} })), implement(till, () => ({ port: {} })), implement(bare, () => ({ port: {} }))],
})
`,
  )
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const file = (name: string, text: string) => writeFile(join(folder, 'src/shop/migrations', name), text)
const source = (name: string) => readFile(join(folder, 'src/shop', name), 'utf8')

interface Settings {
  readonly options?: Readonly<Record<string, string | boolean>>
  readonly env?: Readonly<Record<string, string>>
  readonly json?: boolean
}

async function run(
  action: string,
  words: readonly string[] = [],
  { options = {}, env = {}, json = true }: Settings = {},
) {
  let text = ''
  const stream = { write: (part: string) => (text += part) }
  const silent = { write: () => true }
  const terminal = createTerminal({ stdout: stream, stderr: silent, env: {}, json })
  const code = await migrate.run({
    args: { action, words: [...words, folder] },
    options,
    terminal,
    cwd: folder,
    env: { DATABASE_URL: 'postgres://pooler.invalid/none', DATABASE_DIRECT_URL: database.directUrl, ...env },
    signal: new AbortController().signal,
  })
  return { code, text, answer: json ? (JSON.parse(text) as Record<string, unknown>) : {} }
}

const view = 'create view card as select id, name from item;\n'

describe('up, status and plan', () => {
  test('pending is 1, done is 0, and a hazard is 1 until a comment allows it', async () => {
    expect(await run('status')).toMatchObject({
      code: 1,
      answer: { migrations: [{ name: '0001-create-item', state: 'pending' }] },
    })
    expect(await run('plan')).toMatchObject({ code: 0, answer: { plan: [{ review: { hazards: [] } }] } })
    expect(await run('up')).toMatchObject({ code: 0, answer: { applied: [{ name: '0001-create-item' }], waiting: [] } })
    expect(await run('up')).toMatchObject({ code: 0, answer: { applied: [] } })
    expect((await run('status')).code).toBe(0)

    await file('0002-drop-item.sql', 'drop table item;\n')
    expect(await run('plan')).toMatchObject({
      code: 1,
      answer: { plan: [{ review: { hazards: [{ id: 'table-drop' }] } }] },
    })
    await file('0002-drop-item.sql', '-- footing: allow table-drop: nothing was ever stored in it\ndrop table item;\n')
    expect((await run('plan')).code).toBe(0)
  })

  test('an edited migration is told', async () => {
    await run('up')
    await file('0001-create-item.sql', 'create table item (id bigint primary key);\n')
    const { code, answer } = await run('status')
    expect(code).toBe(1)
    expect(answer.migrations).toContainEqual(expect.objectContaining({ name: '0001-create-item', state: 'changed' }))
  })

  test('up writes the dump on a machine of a developer, and nowhere else', async () => {
    for (const env of [{ CI: 'true' }, { NODE_ENV: 'production' }, { NODE_ENV: 'test' }] as const) {
      expect((await run('up', [], { env })).code).toBe(0)
      await expect(source('schema.sql')).rejects.toThrow('ENOENT')
      await database.query('drop schema shop cascade; truncate footing.migration')
    }
    await run('up', [], { options: { dump: false } })
    await expect(source('schema.sql')).rejects.toThrow('ENOENT')
    await file('0002-card.sql', view)
    expect((await run('up')).answer.written).toHaveLength(2)
    expect(await source('schema.sql')).toContain('--- view card')
    await expect(source('tables.generated.ts')).rejects.toThrow('ENOENT')
  })

  test('a contract waits in production for the next run, and --contract does not wait', async () => {
    const env = { NODE_ENV: 'production' }
    await run('up', [], { env })
    await file('0002-title.sql', '-- footing: phase expand\nalter table item add column title text')
    await file('0003-drop.sql', '-- footing: phase contract after 0002\nalter table item drop column name')
    expect((await run('status', [], { json: false })).text).toContain(
      'waiting  shop/0003-drop  contract, for the deployment after 0002-title',
    )
    expect((await run('plan', [], { json: false })).text).toContain('waits in production for the deployment after 0002')
    const first = await run('up', [], { env })
    expect(first.answer).toMatchObject({ applied: [{ name: '0002-title' }], waiting: [{ name: '0003-drop' }] })
    expect((await run('up', [], { env })).answer).toMatchObject({ applied: [{ name: '0003-drop' }] })
    await file('0004-more.sql', '-- footing: phase expand\nalter table item add column more text')
    await file('0005-less.sql', '-- footing: phase contract after 0004\nalter table item drop column title')
    expect((await run('up', [], { env, options: { contract: true } })).answer.applied).toHaveLength(2)
  })
})

test('a declared folder that is not there is an error of every action but new, which makes it', async () => {
  await rm(join(folder, 'src/till'), { recursive: true })
  for (const action of ['up', 'status', 'plan', 'dump', 'check'])
    await expect(run(action)).rejects.toMatchObject({ code: 'migration-folder-missing' })
  expect((await run('new', ['till', 'first'])).answer.written).toEqual(['src/till/migrations/0001-first.sql'])
  expect((await run('up')).code).toBe(0)
})

describe('new', () => {
  test('writes the next file as a draft, which nothing applies, and says where', async () => {
    const { code, answer } = await run('new', ['shop', 'add-price'])
    expect({ code, written: answer.written }).toEqual({ code: 0, written: ['src/shop/migrations/0002-add-price.sql'] })
    expect((await run('up')).answer).toMatchObject({
      applied: [{ name: '0001-create-item' }],
      waiting: [{ draft: true }],
    })
    expect((await run('status', [], { json: false })).text).toContain('draft    shop/0002-add-price')
    expect((await run('new', ['till', 'first'])).answer.written).toEqual(['src/till/migrations/0001-first.sql'])
  })

  test('writes a recipe, finds the type and the key in the dump, and the result applies', async () => {
    await run('up')
    const options = { recipe: 'rename-column', table: 'item', column: 'name', to: 'title' }
    expect((await run('new', ['shop', 'rename-name'], { options })).answer.written).toHaveLength(3)
    expect(await readFile(join(folder, 'src/shop/migrations/0002-rename-name-expand.sql'), 'utf8')).toContain(
      'add column title text',
    )
    expect((await run('plan')).code).toBe(0)
    expect((await run('up')).answer.applied).toHaveLength(3)
    expect(await source('schema.sql')).toContain('  title text')
  })

  test('a recipe keeps NOT NULL, default and checks, and plan says what goes with the old column', async () => {
    await file(
      '0002-price.sql',
      `alter table item add column price int not null default 7 check (price > 0), add constraint odd check (price <> 13);
       alter table item add unique (price); create index item_by_price on item (price)`,
    )
    await run('up')
    await database.query(`insert into shop.item (id, name, price) values (1, 'a', 5), (2, 'b', 6)`)
    const options = { recipe: 'rename-column', table: 'item', column: 'price', to: 'cents' }
    expect((await run('new', ['shop', 'cents'], { options })).answer.written).toHaveLength(5)
    const plan = await run('plan', [], { json: false })
    expect(plan.code).toBe(0)
    expect(plan.text).toMatch(
      /with item\.price goes: NOT NULL; default 7; check item_price_check .*; check odd .*; constraint item_price_key UNIQUE \(price\); index item_by_price/,
    )
    const env = { NODE_ENV: 'production' }
    await run('up', [], { env })
    await database.query(`insert into shop.item (id, name) values (3, 'old'); insert into shop.item (id, name, cents) values (4, 'new', 9);
      update shop.item set name = 'c' where id = 1`)
    await expect(database.query('insert into shop.item (id, cents) values (5, -1)')).rejects.toThrow()
    expect((await run('up', [], { env })).answer.applied).toHaveLength(1)
    expect(await database.query('select id, cents from shop.item order by id')).toEqual([
      { id: 1, cents: 5 },
      { id: 2, cents: 6 },
      { id: 3, cents: 7 },
      { id: 4, cents: 9 },
    ])
    await database.query(`insert into shop.item (id, name) values (6, 'by default')`)
    for (const wrong of ['0', '13', 'null'])
      await expect(database.query(`insert into shop.item (id, cents) values (9, ${wrong})`)).rejects.toThrow()
    expect(await readFile(join(folder, 'src/shop/migrations/0007-cents-contract.sql'), 'utf8')).toContain(
      '--   index item_by_price',
    )
  })

  test.each<[string, string[], Record<string, string>, string]>([
    ['a name with spaces', ['shop', 'Add Price'], {}, 'migration-name-invalid'],
    ['an unknown module', ['shob', 'add-price'], {}, 'migrate-module-unknown'],
    ['a module without migrations', ['bare', 'add-price'], {}, 'migrate-module-without-migrations'],
    ['the folder where the name belongs', ['shop'], {}, 'migration-name-invalid'],
    ['too much', ['shop', 'a', 'b'], {}, 'migrate-arguments-wrong'],
    ['a recipe without its table', ['shop', 'x'], { recipe: 'not-null' }, 'migrate-recipe-incomplete'],
    [
      'a recipe whose type nobody knows',
      ['shop', 'x'],
      { recipe: 'rename-column', table: 'a', column: 'b', to: 'c' },
      'migrate-recipe-incomplete',
    ],
  ])('%s is refused and nothing is written', async (_what, words, options, code) => {
    await expect(run('new', words, { options })).rejects.toMatchObject({ code })
    expect(await readdir(join(folder, 'src/shop/migrations'))).toEqual(['0001-create-item.sql'])
  })
})

describe('redo', () => {
  test('the last migration again, with its dump', async () => {
    await run('up')
    await file('0001-create-item.sql', 'create table item (id int primary key, name text, price int);\n')
    await database.query('select 1')
    expect(await run('redo', ['shop'])).toMatchObject({ code: 0, answer: { name: '0001-create-item', lost: [] } })
    expect(await source('schema.sql')).toContain('  price integer')
    expect((await run('status')).code).toBe(0)
  })

  test('asks before values are lost', async () => {
    await run('up')
    await database.query(`insert into shop.item values (1, 'pen')`)
    await expect(run('redo', ['shop'])).rejects.toMatchObject({ code: 'migration-redo-loses-data' })
    expect((await run('redo', ['shop'], { options: { yes: true }, json: false })).text).toContain('lost item (1)')
  })

  test('never in production, and elsewhere than on this machine only with --yes', async () => {
    const refused = { code: 'migration-redo-refused' }
    const options = { yes: true }
    await expect(run('redo', ['shop'], { options, env: { NODE_ENV: 'production' } })).rejects.toMatchObject(refused)
    await expect(run('redo', ['shop'], { options, env: { FOOTING_PROFILE: 'production' } })).rejects.toMatchObject(
      refused,
    )
    const env = { DATABASE_DIRECT_URL: 'postgres://db.invalid/app' }
    await expect(run('redo', ['shop'], { env })).rejects.toMatchObject(refused)
  })
})

describe('dump, types and check', () => {
  beforeEach(async () => {
    await file('0002-card.sql', view)
    await run('up')
    await run('dump')
    await run('types')
  })

  test('hold after they were written, and twice is once', async () => {
    expect(await run('check')).toMatchObject({ code: 0, answer: { ok: true, drift: [], stale: [] } })
    expect((await run('check', [], { json: false })).text).toBe('no drift in 2 modules\n')
    expect((await run('dump')).answer.written).toEqual([])
    expect(await run('types', [], { options: { check: true } })).toMatchObject({ code: 0, answer: { stale: [] } })
    const types = await readFile(join(folder, 'src/till/tables.generated.ts'), 'utf8')
    expect(types).toContain(`'shop.card': {\n    id: ColumnType<number, never, never>`)
  })

  test('a change by hand is found in the live database, named, with its migration and a remedy', async () => {
    await database
      .query('alter table shop.item alter name type varchar(5); create index by_hand on shop.item (name)')
      .catch(() =>
        database.query('create index by_hand on shop.item (name); alter table shop.item alter name set not null'),
      )
    const { code, answer } = await run('check', [], { options: { only: 'live' } })
    expect(code).toBe(1)
    expect(answer.drift).toMatchObject([
      { subject: 'column item.name', kind: 'different', migration: 'shop/0002-card', place: 'live database' },
      { subject: 'index item.by_hand', kind: 'unexpected', remedy: expect.stringContaining('migrate new shop') },
    ])
    expect((await run('check', [], { options: { only: 'files' } })).code).toBe(0)
    expect((await run('check', [], { json: false })).text).toContain('expected  name text')
  })

  test('a migration without its dump is found in the files, and a waiting one is no drift of the database', async () => {
    await file('0003-price.sql', 'alter table item add column price int')
    const { code, answer } = await run('check')
    expect(code).toBe(1)
    expect(answer.drift).toMatchObject([
      { subject: 'column item.price', kind: 'unexpected', migration: 'shop/0003-price', place: 'committed dump' },
    ])
    expect(answer.stale).toMatchObject([{ path: expect.stringContaining('tables.generated.ts') }])
    expect(await run('types', [], { options: { check: true } })).toMatchObject({ code: 1 })
    expect(await run('dump', [], { options: { check: true } })).toMatchObject({ code: 1 })
  })

  test('what a migration dropped is never to be put back, however old the dump is', async () => {
    await file('0003-drop.sql', 'drop view card; alter table item drop column name')
    await run('up', [], { options: { dump: false } })
    for (const only of [undefined, 'live'] as const) {
      const { answer } = await run('check', [], { options: only === undefined ? {} : { only } })
      const live = (answer.drift as readonly { place: string }[]).filter(({ place }) => place === 'live database')
      expect({ only, live }).toEqual({ only, live: [] })
    }
    const { text } = await run('check', [], { json: false })
    expect(text).toContain('Run footing migrate dump')
    expect(text).not.toContain('put it back')
  })

  test('an edited dump, a missing one and one with conflict marks', async () => {
    const dump = await source('schema.sql')
    const path = join(folder, 'src/shop/schema.sql')
    await writeFile(path, `${dump}\n`)
    expect((await run('check', [], { json: false })).text).toContain('was changed by hand')
    await writeFile(path, `<<<<<<< ours\n${dump.slice(0, 200)}\n=======\n`)
    expect((await run('check')).code).toBe(1)
    await rm(path)
    expect((await run('check', [], { json: false })).text).toContain('is not there')
    await writeFile(path, dump.replaceAll('\n', '\r\n'))
    expect((await run('check')).code).toBe(0)
  })

  test('a file edited after it was applied, one that is gone, and a view that nobody creates', async () => {
    await file('0002-card.sql', `-- a word more\n${view}`)
    expect((await run('check', [], { json: false })).text).toContain('was edited after it had been applied')
    await rm(join(folder, 'src/shop/migrations/0002-card.sql'))
    const { text, code } = await run('check', [], { json: false })
    expect(code).toBe(1)
    expect(text).toContain('was applied, but its file is gone')
    expect(text).toContain('till reads shop.card')
  })

  test('four at once, and on the embedded server when no URL is set', async () => {
    const codes = await Promise.all(Array.from({ length: 4 }, () => run('check').then(({ code }) => code)))
    expect(codes).toEqual([0, 0, 0, 0])
    const env = { DATABASE_URL: '', DATABASE_DIRECT_URL: '' }
    expect(await run('check', [], { env })).toMatchObject({
      code: 0,
      answer: { databaseSkipped: 'no migration has been applied to it' },
    })
  })

  test('in production, where no database may be made, the live one is still compared', async () => {
    const env = { NODE_ENV: 'production' }
    expect(await run('check', [], { env, options: { only: 'live' } })).toMatchObject({ code: 0 })
    await database.query('drop view shop.card')
    expect(await run('check', [], { env, options: { only: 'live' } })).toMatchObject({
      code: 1,
      answer: { drift: [{ subject: 'view card', kind: 'missing', remedy: expect.stringContaining('0002-card') }] },
    })
  })

  test('two modules that keep their migrations side by side are told apart or refused', async () => {
    await cp(join(folder, 'src/shop/migrations'), join(folder, 'src/till/migrations'), { recursive: true })
    const app = await readFile(join(folder, 'src/app.ts'), 'utf8')
    await cp(join(folder, 'src/shop/migrations'), join(folder, 'src/shop/more'), { recursive: true })
    await writeFile(join(folder, 'src/other.ts'), app.replace('./till/migrations/', './shop/more/'))
    await writeFile(join(folder, 'package.json'), '{"footing": {"app": "src/other.ts"}}')
    await expect(run('dump')).rejects.toMatchObject({ code: 'schema-file-shared' })
  })
})

test.each(['down', '', 'UP', 'up; drop', '__proto__', 'constructor'])('refuses the action %j', async (action) => {
  await expect(run(action)).rejects.toMatchObject({ code: 'migrate-action-unknown' })
})
