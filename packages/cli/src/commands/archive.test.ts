import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestDatabase } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { archive } from './archive.ts'

let folder = ''
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase()
  await database.query(`create schema shop`)
  await database.query('create table shop.event (id int primary key, at timestamptz not null, data bytea)')
  await database.query(
    `insert into shop.event select n, now() - n * interval '1 day' - interval '1 hour', '\\x00ff' from generate_series(0, 199) n`,
  )
  folder = await mkdtemp(join(tmpdir(), 'footing archive '))
  await mkdir(join(folder, 'src'))
  await symlink(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement } from '@footing/core'
     import { archive } from '@footing/core/archive'
     const shop = defineModule('shop', {
       owner: '@a',
       tables: ['event'],
       uses: [archive({ event: { timeColumn: 'at', olderThanDays: 90, batchRows: 50 } })],
     })
     export const app = createApp({ name: 'shop', modules: [implement(shop, () => ({ port: {} }))] })\n`,
  )
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

async function run(action: string, words: readonly string[] = [], options = {}, app = folder) {
  let text = ''
  const terminal = createTerminal({
    stdout: { write: (part: string) => (text += part) },
    stderr: { write: () => true },
    env: {},
    json: true,
  })
  const code = await archive.run({
    args: { action, words: [...words, app] },
    options,
    terminal,
    cwd: '/',
    env: { DATABASE_URL: database.url, STORAGE_URL: `file://${encodeURI(folder)}/objects` },
    signal: new AbortController().signal,
  })
  return { code, answer: JSON.parse(text) as Record<string, unknown> }
}

test('run, status, verify, query, restore', async () => {
  expect(await run('status')).toMatchObject({ code: 0, answer: { tables: [{ due: 110 }] } })
  expect(await run('run', [], { maxBatches: '1' })).toMatchObject({
    code: 0,
    answer: { tables: [{ outcome: 'stopped', rows: 50 }] },
  })
  expect(await run('run')).toMatchObject({ code: 0, answer: { tables: [{ outcome: 'done', rows: 60, batches: 2 }] } })
  expect(await run('verify')).toMatchObject({ code: 0, answer: { files: 3, rows: 110, findings: [] } })
  expect(await run('query', ['shop.event'], { where: ['id>=100', 'id<102'], columns: 'id,data' })).toMatchObject({
    code: 0,
    answer: {
      more: false,
      rows: expect.arrayContaining([
        { id: 100, data: '\\x00ff' },
        { id: 101, data: '\\x00ff' },
      ]),
    },
  })
  expect(((await run('query', ['shop.event'], { live: true })).answer.rows as unknown[]).length).toBe(200)
  const limited = (await run('query', ['shop.event'], { live: true, limit: '7' })).answer
  expect(limited).toMatchObject({ more: true })
  expect(limited.rows).toHaveLength(7)
  expect(await run('restore', ['shop.event'])).toMatchObject({ code: 0, answer: { rows: 110 } })
})

test('a damaged file is a finding', async () => {
  await run('run')
  await rm(join(folder, 'objects'), { recursive: true })
  const { code, answer } = await run('verify')
  expect(code).toBe(1)
  expect(answer).toMatchObject({ ok: false, files: 3, rows: 0 })
})

test.each<[string, string, readonly string[], object, string]>([
  ['an unknown action', 'drop', [], {}, 'action-unknown'],
  ['no table', 'query', [], {}, 'archive-option-wrong'],
  ['a table without a module', 'query', ['event'], {}, 'archive-option-wrong'],
  ['an unknown table', 'query', ['shop.order'], {}, 'archive-table-unknown'],
  ['a condition that is none', 'query', ['shop.event'], { where: ['id'] }, 'archive-option-wrong'],
  ['a date that is none', 'query', ['shop.event'], { from: 'yesterday' }, 'archive-option-wrong'],
  ['a limit that is none', 'query', ['shop.event'], { limit: '0' }, 'archive-option-wrong'],
])('refuses %s', async (_what, action, words, options, code) => {
  await expect(run(action, words, options)).rejects.toMatchObject({ code })
})

test('an application whose modules archive nothing is told what to declare', async () => {
  const other = join(folder, 'other')
  await mkdir(join(other, 'src'), { recursive: true })
  await writeFile(
    join(other, 'src/app.ts'),
    `import { createApp } from '@footing/core'\nexport const app = createApp({ name: 'other', modules: [] })\n`,
  )
  await expect(run('status', [], {}, other)).rejects.toMatchObject({ code: 'archive-undeclared' })
  await expect(run('status', [], {}, join(folder, 'nothing'))).rejects.toMatchObject({ code: 'app-missing' })
})
