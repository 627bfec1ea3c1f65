// footing access-log and footing personal-data on a real application and database.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase, type TestDatabase } from '@footing/core/testing'
import { provisionDatabase } from '@footing/core/tooling'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadApplication } from '../application/load-application.ts'
import type { Command, OptionValue } from '../command/command.ts'
import { createTerminal } from '../command/terminal.ts'
import { accessLog } from './access-log.ts'
import { personalData } from './personal-data.ts'

let folder: string
let database: TestDatabase
beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, '../../../../.footing-records-'))
  await mkdir(join(folder, 'src'))
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement } from '@footing/core'
const shop = defineModule('shop', {
  owner: '@a', tables: ['customer', 'word'],
  access: { customer: { key: 'id', values: true } },
  personal: { customer: { subject: 'id', columns: { mail: 'erase', hash: 'secret' }, erase: 'anonymise' }, word: { none: 'words' } },
})
export const app = createApp({ name: 'shop', modules: [implement(shop, () => ({ port: {} }))] })
`,
  )
  database = await createTestDatabase()
  await database.query('create schema shop')
  await database.query('create table shop.customer (id int primary key, mail text, hash text)')
  await database.query('create table shop.word (id int primary key)')
  const app = await loadApplication({ folder, entry: join(folder, 'src/app.ts') })
  await provisionDatabase(database.directUrl, app)
  await database.query("insert into shop.customer values (1, 'ada@example.com', 'h'), (2, 'bob@example.com', 'h')")
})
afterAll(async () => {
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

async function run(
  command: Command,
  args: Readonly<Record<string, string | readonly string[]>>,
  options: Readonly<Record<string, OptionValue>> = {},
  json = true,
) {
  let text = ''
  const terminal = createTerminal({
    stdout: { write: (part: string) => (text += part) },
    stderr: { write: () => true },
    env: {},
    json,
  })
  const code = await command.run({
    args,
    options: { limit: '100', ...options },
    terminal,
    cwd: tmpdir(),
    env: { DATABASE_DIRECT_URL: database.directUrl },
    signal: new AbortController().signal,
  })
  return { code, text, answer: (json ? JSON.parse(text) : {}) as Record<string, unknown> }
}

test('show, by table and key; as lines too', async () => {
  await database.query("update shop.customer set mail = 'new@example.com' where id = 1")
  const { code, answer } = await run(accessLog, { action: 'show', app: folder }, { table: 'customer', key: '1' })
  expect(code).toBe(0)
  expect(answer.entries).toMatchObject([
    { operation: 'update', key: { id: '1' }, columns: ['mail'], changes: { mail: { redacted: true } } },
    { operation: 'insert', key: { id: '1' } },
  ])
  const lines = await run(accessLog, { action: 'show', app: folder }, { operation: 'update' }, false)
  expect(lines.text).toMatch(/update {3}shop\.customer 1 {2}database user/)
  expect(lines.text).toContain('changed mail')
  expect((await run(accessLog, { action: 'show', app: folder }, { user: 'nobody' })).answer.entries).toEqual([])
})

test('seal, verify, verify against a head, retire', async () => {
  expect((await run(accessLog, { action: 'seal', app: folder })).answer).toMatchObject({ ok: true })
  const verified = await run(accessLog, { action: 'verify', app: folder })
  expect(verified).toMatchObject({ code: 0, answer: { ok: true, unsealed: 0 } })
  const { head } = verified.answer
  expect((await run(accessLog, { action: 'verify', app: folder }, { expect: String(head) })).code).toBe(0)
  expect(await run(accessLog, { action: 'verify', app: folder }, { expect: 'f'.repeat(64) })).toMatchObject({
    code: 1,
    answer: { ok: false, faults: [expect.stringContaining('rewritten or cut')] },
  })
  expect((await run(accessLog, { action: 'retire', app: folder }, { keepMonths: '12' })).answer).toMatchObject({
    retired: [],
  })
  await database.query(
    `alter table footing_access.entry disable trigger footing_append_only;
     update footing_access.entry set operation = 'read' where key @> '{"id": "2"}';
     alter table footing_access.entry enable always trigger footing_append_only`,
  )
  const broken = await run(accessLog, { action: 'verify', app: folder }, {}, false)
  expect(broken.code).toBe(1)
  expect(broken.text).toMatch(/tampered +seal 1/)
})

test.each([
  [accessLog, { action: 'burn' }, {}, 'action-unknown'],
  [accessLog, { action: 'show' }, { limit: '-1' }, 'number-invalid'],
  [accessLog, { action: 'show' }, { limit: '99999' }, 'number-invalid'],
  [accessLog, { action: 'retire' }, {}, 'number-invalid'],
  [accessLog, { action: 'retire' }, { keepMonths: '0' }, 'number-invalid'],
  [personalData, { action: '__proto__' }, {}, 'action-unknown'],
  [personalData, { action: 'export', words: [] }, {}, 'personal-data-arguments'],
  [personalData, { action: 'check', words: ['a', 'b'] }, {}, 'personal-data-arguments'],
  [personalData, { action: 'erase', words: ['1'] }, {}, 'erasure-unconfirmed'],
] as const)('refuses %#', async (command, args, options, code) => {
  await expect(run(command, { app: folder, ...args }, options)).rejects.toMatchObject({ code })
})

test('check, export, erase with a proof', async () => {
  expect(await run(personalData, { action: 'check', words: [folder] })).toMatchObject({
    code: 0,
    answer: { ok: true, tables: 2, columns: 4, faults: [] },
  })
  const exported = await run(personalData, { action: 'export', words: ['1', folder] })
  expect(exported.answer).toMatchObject({
    subject: '1',
    complete: true,
    modules: { shop: { customer: [{ id: 1, mail: 'new@example.com' }] } },
  })
  expect(exported.text).not.toContain('hash')
  const erased = await run(personalData, { action: 'erase', words: ['1', folder] }, { yes: true })
  expect(erased).toMatchObject({
    code: 0,
    answer: { proof: { subject: '1', tables: [{ table: 'customer', rows: 1 }] } },
  })
  expect(await database.query('select mail, hash from shop.customer where id = 1')).toEqual([
    { mail: null, hash: null },
  ])
  await database.query('alter table shop.customer add column phone text')
  const open = await run(personalData, { action: 'check', words: [folder] }, {}, false)
  expect(open.code).toBe(1)
  expect(open.text).toContain('shop.customer.phone is not classified')
})
