// What docs/deployment.md says, done: an application built with tsc, migrated, started and ended as the page describes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTestDatabase } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

const workspace = fileURLToPath(new URL('../../../../', import.meta.url))
const modules = join(workspace, 'node_modules')
const page = await readFile(join(workspace, 'docs/deployment.md'), 'utf8')
const blocks = [...page.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', info = '', text = '']) => ({
    language,
    info: info.trim(),
    text,
  }),
)

let folder = ''
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase({ migrations: [] })
  folder = await mkdtemp(join(tmpdir(), 'footing build '))
  await mkdir(join(folder, 'src/shop/migrations'), { recursive: true })
  await symlink(modules, join(folder, 'node_modules'))
  for (const { language, info, text } of blocks) if (language === 'json') await writeFile(join(folder, info), text)
  await writeFile(join(folder, 'src/shop/migrations/0001-create-item.sql'), 'create table item (id int primary key);\n')
  await writeFile(
    join(folder, 'src/shop/shop.ts'),
    `import { defineModule, implement, route } from '@footing/core'
import { z } from 'zod'
const shop = defineModule('shop', { owner: '@acme/shop', tables: ['item'], migrations: new URL('./migrations/', import.meta.url) })
const counted = z.object({ items: z.number() })
export const shopModule = implement(shop, ({ database }) => ({
  routes: [
    route({ method: 'GET', path: '/items', auth: 'none', out: counted, handle: async () => {
      const rows = await database().query<{ n: number }>('select count(*)::int as n from shop.item')
      return { items: rows[0]?.n ?? 0 }
    } }),
  ],
}))
`,
  )
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp } from '@footing/core'
import { shopModule } from './shop/shop.ts'
export const app = createApp({ name: 'shop', modules: [shopModule] })
`,
  )
  expect(await run('npm', ['run', 'build'])).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const path = `${join(modules, '.bin')}:${process.env.PATH}`
const settings = (port = '0') => ({
  PATH: path,
  HOME: process.env.HOME,
  NODE_ENV: 'production',
  DATABASE_URL: database.directUrl,
  PORT: port,
  HOST: '127.0.0.1',
  DRAIN_DELAY_MS: '0',
})

async function run(program: string, args: readonly string[]) {
  const child = spawn(program, args, { cwd: folder, env: settings() })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, said }
}

/** Starts a server as the page does; `url` is where it listens. */
async function serve(program: string, args: readonly string[]) {
  const child = spawn(program, args, { cwd: folder, env: settings() })
  let said = ''
  let hear = (): void => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
      hear()
    })
  }
  const says = async (word: RegExp): Promise<string> => {
    while (!word.test(said)) {
      await new Promise<void>((resolve) => {
        hear = resolve
      })
    }
    return said
  }
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await says(/http:\/\/127\.0\.0\.1:\d+/))?.[0] ?? ''
  return { child, url, says }
}

test('a build that only compiles is refused, not taken for an empty history', async () => {
  const bare = join(folder, 'bare')
  await cp(join(folder, 'dist'), bare, { recursive: true, filter: (file) => !file.includes('migrations') })
  expect(await run('footing', ['migrate', 'up', 'bare'])).toMatchObject({
    code: 2,
    said: expect.stringContaining('migration-folder-missing'),
  })
})

test('the built application is not ready before it is migrated, then answers, and SIGTERM drains it', async () => {
  await rm(join(folder, 'src/shop/migrations'), { recursive: true })
  const { child, url, says } = await serve('node', ['node_modules/footing/bin/footing.js', 'start', 'dist'])
  await says(/not ready: a migration is missing: shop\/0001-create-item; run footing migrate up/)
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
  expect(await run('npm', ['run', 'migrate'])).toMatchObject({
    code: 0,
    said: expect.stringContaining('shop/0001-create-item'),
  })
  for (const probe of ['/livez', '/startupz', '/readyz']) expect((await fetch(`${url}${probe}`)).status).toBe(200)
  expect(await (await fetch(`${url}/v1/items`)).json()).toEqual({ items: 0 })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test.each([
  ['npx', 'npx', ['footing', 'start', 'dist']],
  ['a shell', 'sh', ['-c', 'footing start dist']],
  ['npm start', 'npm', ['start']],
])('SIGTERM to %s reaches the server, which stops as it should', async (_what, program, args) => {
  const { child, url, says } = await serve(program, args)
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  child.kill('SIGTERM')
  await says(/"stopped"/)
})

test.skipIf(process.platform !== 'linux')('a server that a shell put into the background outlives it', async () => {
  const { child, url } = await serve('sh', ['-c', 'footing start dist & echo $! >pid; read line'])
  child.stdin.end()
  await once(child, 'exit')
  // Longer than the server looks for its parent.
  await setTimeout(600)
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGTERM')
})

test('the page describes what is there: probes, commands, and YAML that can be read', () => {
  const yaml = blocks.filter(({ language }) => language === 'yaml')
  expect(yaml).toHaveLength(2)
  for (const { text } of yaml) for (const document of parseAllDocuments(text)) expect(document.errors).toEqual([])
  const probes = [...page.matchAll(/path: (\/\w+)/g)].map(([, probe]) => probe)
  expect(new Set(probes)).toEqual(new Set(['/startupz', '/livez', '/readyz']))
  const programs = [...page.matchAll(/node_modules\/footing\/(\S+?\.js)/g)].map(([, file]) => file)
  expect(new Set(programs)).toEqual(new Set(['bin/footing.js']))
})
