// What footing info says of an application: every driver, every fault, no secret, and nothing is opened.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { info } from './info.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-info-'))
  await mkdir(join(folder, 'src'))
  await symlink(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement } from '@footing/core'
     import { analytics, defineEvent } from '@footing/core/analytics'
     import { storage } from '@footing/core/storage'
     const shop = defineModule('shop', { owner: '@a', uses: [storage(), analytics({ bought: defineEvent({ name: 'bought' }) })] })
     export const app = createApp({ name: 'shop', modules: [implement(shop, () => ({ port: {} }))] })\n`,
  )
})
afterAll(() => rm(folder, { recursive: true }))

async function run(env: Readonly<Record<string, string>>, json = true) {
  let text = ''
  const stdout = { write: (part: string) => (text += part) }
  const terminal = createTerminal({ stdout, stderr: { write: () => true }, env: {}, json })
  const signal = new AbortController().signal
  expect(await info.run({ args: { app: folder }, options: {}, terminal, cwd: '/', env, signal })).toBe(0)
  return text
}

test('each capability says its driver, its variable and its guarantees; no server is there and none is asked', async () => {
  const env = {
    DATABASE_URL: 'postgres://app:top-secret@127.0.0.1:1/shop',
    STORAGE_URL: 's3://key:top-secret@bucket-1?region=eu-1',
    ANALYTICS_URL: 'clickhouse://user:top-secret@127.0.0.1:1/x',
  }
  const text = await run(env)
  const { capabilities, faults } = JSON.parse(text)
  expect(faults).toEqual([])
  expect(capabilities).toContainEqual(
    expect.objectContaining({
      name: 'storage',
      driver: expect.objectContaining({
        driver: 's3',
        from: 'STORAGE_URL',
        guarantees: expect.objectContaining({ shared: true }),
      }),
    }),
  )
  const shown = await run(env, false)
  expect(shown).toContain('clickhouse, from ANALYTICS_URL (durable: false, transactional: false, atomicBatches: false,')
  expect(text + shown).not.toContain('top-secret')
})

test('settings that are missing or wrong are named, and the rest is still told', async () => {
  const env = { STORAGE_URL: 'ftp://user:top-secret@host' }
  const { capabilities, faults } = JSON.parse(await run(env))
  expect(faults.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
    '/DATABASE_URL',
    '/STORAGE_URL',
  ])
  expect(capabilities).toContainEqual(expect.objectContaining({ name: 'storage', faulty: ['STORAGE_URL'] }))
  expect(capabilities).toContainEqual(
    expect.objectContaining({ name: 'analytics', driver: expect.objectContaining({ driver: 'postgresql' }) }),
  )
  const shown = await run(env, false)
  expect(shown).toContain('not known: STORAGE_URL')
  expect(shown).not.toContain('top-secret')
})

test('a bucket without a region is a fault as well; a default that production refuses is said', async () => {
  const DATABASE_URL = 'postgres://127.0.0.1:1/shop'
  const { faults } = JSON.parse(await run({ DATABASE_URL, STORAGE_URL: 's3://key:top-secret@bucket-1' }))
  expect(faults).toMatchObject([{ pointer: '/storage', message: expect.stringContaining('region') }])
  expect(await run({ DATABASE_URL }, false)).toMatch(/production refuses this: .*STORAGE_URL/)
})
