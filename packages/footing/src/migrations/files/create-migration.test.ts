// New migration files: numbers without gaps, nothing written over, and recipes that PostgreSQL and the review agree with.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../testing/test-database.ts'
import { createMigrator } from '../apply/migrator.ts'
import { lintMigration } from '../hazards/lint-migration.ts'
import { blankMigration } from '../recipes/blank-migration.ts'
import { type RecipeInput, type RecipeName, recipes } from '../recipes/recipe.ts'
import { createMigrationFiles } from './create-migration.ts'
import { readMigrations } from './migration-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-new-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

const place = () => pathToFileURL(`${folder}/migrations/`)
const blank = (what: string) => [{ suffix: '', text: () => blankMigration(what) }]
const create = (what: string) => createMigrationFiles({ module: 'shop', folder: place(), what, files: blank(what) })
const listed = async () => (await readdir(join(folder, 'migrations'))).toSorted()

test('numbers go on from the largest, and a draft is a migration that waits', async () => {
  await create('first')
  await writeFile(join(folder, 'migrations/0041-jump.sql'), 'select 1')
  await create('next-one')
  expect(await listed()).toEqual(['0001-first.sql', '0041-jump.sql', '0042-next-one.sql'])
  const files = await readMigrations({ module: 'shop', needs: [], folder: place() })
  expect(files.map(({ draft }) => draft)).toEqual([true, undefined, true])
})

test('twenty at once get twenty numbers', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, index) => create(`at-once-${index}`)))
  const numbers = (await listed()).map((name) => Number(name.slice(0, 4)))
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
})

test('a reservation whose process was killed is taken over', async () => {
  await create('first')
  await writeFile(join(folder, 'migrations/.new-migration'), '999999999')
  await create('second')
  expect(await listed()).toEqual(['0001-first.sql', '0002-second.sql'])
})

test.each([
  '',
  'Add Price',
  'add_price',
  '../../etc/passwd',
  '-x',
  'x-',
  'a--b',
  'ä',
  'x'.repeat(101),
  'drop;table',
  '0003-x.sql\n',
])('the name %j is refused with one that would do', async (name) => {
  await expect(create(name)).rejects.toMatchObject({
    code: 'migration-name-invalid',
    remedy: expect.stringMatching(/footing migrate new shop [a-z0-9]+(-[a-z0-9]+)*$/),
  })
})

describe('recipes', () => {
  const input: RecipeInput = { table: 'item', column: 'name', to: 'title', type: 'text', key: [] }
  const odd: RecipeInput = { table: 'order', column: 'Größe "x"', to: 'user', type: 'varchar(40)', key: ['a b'] }
  const table = (it: RecipeInput, key: string) => {
    const name = (text: string) => `"${text.replaceAll('"', '""')}"`
    return `create table ${name(it.table)} (${name(key)} int primary key, ${name(it.column)} text);
      insert into ${name(it.table)} select n, 'value ' || n from generate_series(1, 2300) n`
  }

  async function write(recipe: RecipeName, it: RecipeInput): Promise<void> {
    const key = it.key[0] ?? 'id'
    await createMigrationFiles({
      module: 'shop',
      folder: place(),
      what: 'begin',
      files: [{ suffix: '', text: () => table(it, key) }],
    })
    const files = recipes[recipe].files(it)
    await createMigrationFiles({ module: 'shop', folder: place(), what: recipe, files })
  }

  test.each<[RecipeName, RecipeInput]>([
    ['rename-column', input],
    ['rename-column', odd],
    ['type-change', { ...input, to: 'name_new', type: 'varchar(30)' }],
    ['not-null', input],
    ['not-null', odd],
    ['index', input],
    ['index', odd],
  ])('%s is applied by PostgreSQL and has no open hazard', async (recipe, it) => {
    await write(recipe, it)
    const files = await readMigrations({ module: 'shop', needs: [], folder: place() })
    for (const { name, body, transactional, phase } of files.slice(1)) {
      if (body.kind !== 'sql') continue
      const review = await lintMigration({
        name,
        sql: body.text,
        transactional,
        ...(phase === undefined ? {} : { phase }),
      })
      expect(review).toMatchObject({ hazards: [], unused: [] })
    }
    const database = await createTestDatabase({ pooled: false })
    try {
      const sources = [{ module: 'shop', needs: [], folder: place() }]
      expect(await createMigrator({ url: database.directUrl, sources }).up()).toHaveLength(files.length)
    } finally {
      await database.drop()
    }
  })

  test('a renamed column is written by the old code and the new one, before and after the copy', async () => {
    await write('rename-column', input)
    const database = await createTestDatabase({ pooled: false })
    const up = (...wanted: string[]) =>
      createMigrator({
        url: database.directUrl,
        sources: [{ module: 'shop', needs: [], folder: place() }],
        only: ({ name }) => wanted.some((each) => name.endsWith(each)),
      }).up()
    try {
      await up('begin', 'expand')
      await database.query(`insert into shop.item (id, name) values (5001, 'old code');
        insert into shop.item (id, title) values (5002, 'new code');
        update shop.item set name = 'old update' where id = 1; update shop.item set title = 'new update' where id = 2;
        update shop.item set name = 'before the copy' where id = 3`)
      await up('backfill')
      await database.query(
        `update shop.item set name = 'old after' where id = 4; update shop.item set title = 'new after' where id = 5`,
      )
      expect(
        await database.query('select count(*)::int as n from shop.item where name is distinct from title'),
      ).toEqual([{ n: 0 }])
      expect(
        await database.query('select title from shop.item where id in (1, 2, 3, 4, 5, 6, 5001, 5002) order by id'),
      ).toEqual(
        [
          'old update',
          'new update',
          'before the copy',
          'old after',
          'new after',
          'value 6',
          'old code',
          'new code',
        ].map((title) => ({ title })),
      )
      await up('contract')
      expect(await database.query('select * from shop.item where id = 1')).toEqual([{ id: 1, title: 'old update' }])
    } finally {
      await database.drop()
    }
  })

  test('a backfill is a draft, because only its author knows the value', async () => {
    await write('backfill', input)
    const [, file] = await readMigrations({ module: 'shop', needs: [], folder: place() })
    expect(file).toMatchObject({ draft: true, backfill: { table: 'item', key: ['id'] } })
    expect(await readFile(join(folder, 'migrations/0002-backfill.sql'), 'utf8')).toContain('from batch')
  })
})
