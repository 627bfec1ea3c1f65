// A module that reaches across fails by PostgreSQL's own permissions; the declared view is the legal way.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMigrator } from '../../migrations/apply/migrator.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { DataSource } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'
import { databaseOf, dropModuleRoles, moduleRole, provisionModuleRoles } from './module-roles.ts'

interface ContentTables {
  article: { id: number; title: string; secret: string }
}
interface BillingTables {
  invoice: { id: number; amount: number }
  'content.article': { id: number }
  'content.article_card': { id: number; title: string }
}

const modules = [
  { name: 'content', reads: {} },
  { name: 'billing', reads: { content: ['article_card'] } },
] as const

let folder: string
let database: TestDatabase
let source: DataSource
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ownership-'))
  const write = async (module: string, text: string) => {
    await mkdir(join(folder, module))
    await writeFile(join(folder, module, '0001-create.sql'), text)
  }
  await write(
    'content',
    `create table article (id serial primary key, title text not null, secret text not null default 's');
     create view article_card as select id, title from article;
     insert into article (title) values ('First')`,
  )
  await write('billing', 'create table invoice (id serial primary key, amount int not null)')
  database = await createTestDatabase()
  const source_ = (module: string) => ({ module, needs: [], folder: pathToFileURL(join(folder, `${module}/`)) })
  await createMigrator({ url: database.directUrl, sources: [source_('content'), source_('billing')] }).up()
  await provisionModuleRoles(database.directUrl, modules)
  source = openDataSource({
    url: database.url,
    roleOf: (module) => moduleRole(databaseOf(database.directUrl), module),
  })
})
afterAll(async () => {
  await source?.close()
  await dropModuleRoles(database.directUrl, modules)
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

test('a module reads and writes its own tables, alone and in transactions', async () => {
  const content = source.forModule<ContentTables>('content')
  await content.write().insertInto('article').values({ id: 100, title: 'Own', secret: 'x' }).execute()
  await content.transaction(async (tx) => {
    await tx.updateTable('article').set({ title: 'Changed' }).where('id', '=', 100).execute()
  })
  expect(await content.read().selectFrom('article').select('title').where('id', '=', 100).execute()).toEqual([
    { title: 'Changed' },
  ])
})

test('the declared view of another module can be read', async () => {
  const billing = source.forModule<BillingTables>('billing')
  const rows = await billing.read().selectFrom('content.article_card').select('title').where('id', '=', 1).execute()
  expect(rows).toEqual([{ title: 'First' }])
})

test('its tables cannot: not read, not written, not in a transaction, not in plain SQL', async () => {
  const billing = source.forModule<BillingTables>('billing')
  const refused = { code: 'data-foreign-table', message: expect.stringContaining('billing') }
  await expect(billing.read().selectFrom('content.article').select('id').execute()).rejects.toMatchObject(refused)
  await expect(billing.query('delete from content.article')).rejects.toMatchObject(refused)
  await expect(
    billing.transaction((tx) => sql`update content.article set title = 'taken'`.execute(tx)),
  ).rejects.toMatchObject(refused)
  await expect(billing.query("insert into content.article_card values (1, 'x')")).rejects.toMatchObject(refused)
})

test('nobody gets out of the role: it ends with the transaction, also behind the pooler, also after a fault', async () => {
  const billing = source.forModule<BillingTables>('billing')
  await expect(billing.query('set role postgres')).rejects.toMatchObject({ code: 'data-session-state' })
  await billing.query('select 1 / 0').catch(() => undefined)
  const names = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      source.forModule(index % 2 === 0 ? 'billing' : 'content').query<{ role: string }>('select current_user as role'),
    ),
  )
  expect(names.map(([row]) => row?.role?.endsWith('_billing'))).toEqual(names.map((_, index) => index % 2 === 0))
})

test('a read that is declared no longer is taken back', async () => {
  await provisionModuleRoles(database.directUrl, [modules[0], { name: 'billing', reads: {} }])
  const billing = source.forModule<BillingTables>('billing')
  await expect(billing.read().selectFrom('content.article_card').select('id').execute()).rejects.toMatchObject({
    code: 'data-foreign-table',
  })
  await provisionModuleRoles(database.directUrl, modules)
  await expect(billing.read().selectFrom('content.article_card').select('id').execute()).resolves.toBeDefined()
})

test('ten processes may provision at once', async () => {
  await Promise.all(Array.from({ length: 10 }, () => provisionModuleRoles(database.directUrl, modules)))
})
