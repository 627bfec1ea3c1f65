import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../terminal.ts'
import { migrate } from './migrate.ts'

const modules = new URL('../../../../node_modules/@footing/core/src/index.ts', import.meta.url)

let folder = ''
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase({ migrations: [] })
  folder = await mkdtemp(join(tmpdir(), 'footing migrate '))
  await mkdir(join(folder, 'src/migrations'), { recursive: true })
  await writeFile(join(folder, 'src/migrations/0001-create-item.sql'), 'create table item (id int primary key);\n')
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement } from ${JSON.stringify(modules.href)}
const shop = defineModule('shop', { owner: '@acme/shop', migrations: new URL('./migrations/', import.meta.url) })
export const app = createApp({ name: 'shop', modules: [implement(shop, () => ({ port: {} }))] })
`,
  )
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

async function run(action: string) {
  let text = ''
  const stream = { write: (part: string) => (text += part) }
  const silent = { write: () => true }
  const terminal = createTerminal({ stdout: stream, stderr: silent, env: {}, json: true })
  const code = await migrate.run({
    args: { action, app: folder },
    options: {},
    terminal,
    cwd: '/',
    env: { DATABASE_URL: 'postgres://pooler.invalid/none', DATABASE_DIRECT_URL: database.directUrl },
    signal: new AbortController().signal,
  })
  return { code, answer: JSON.parse(text) as Record<string, unknown> }
}

test('status, plan, up: pending is 1, done is 0, and a hazard is 1 until a comment allows it', async () => {
  expect(await run('status')).toMatchObject({
    code: 1,
    answer: { migrations: [{ name: '0001-create-item', state: 'pending' }] },
  })
  expect(await run('plan')).toMatchObject({ code: 0, answer: { plan: [{ review: { hazards: [] } }] } })
  expect(await run('up')).toMatchObject({ code: 0, answer: { applied: [{ name: '0001-create-item' }] } })
  expect(await run('up')).toMatchObject({ code: 0, answer: { applied: [] } })
  expect((await run('status')).code).toBe(0)

  const second = join(folder, 'src/migrations/0002-drop-item.sql')
  await writeFile(second, 'drop table item;\n')
  expect(await run('plan')).toMatchObject({
    code: 1,
    answer: { plan: [{ review: { hazards: [{ id: 'table-drop' }] } }] },
  })
  await writeFile(second, '-- footing: allow table-drop: nothing was ever stored in it\ndrop table item;\n')
  expect((await run('plan')).code).toBe(0)
})

test('an edited migration is told', async () => {
  await writeFile(join(folder, 'src/migrations/0001-create-item.sql'), 'create table item (id bigint primary key);\n')
  const { code, answer } = await run('status')
  expect(code).toBe(1)
  expect(answer.migrations).toContainEqual(expect.objectContaining({ name: '0001-create-item', state: 'changed' }))
})

test.each(['down', '', 'UP', 'up; drop'])('refuses the action %j', async (action) => {
  await expect(run(action)).rejects.toMatchObject({ code: 'migrate-action-unknown' })
})
