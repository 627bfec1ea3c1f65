// A process whose tables are not there yet: not ready, and it says which migrations are missing.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { createMigrator } from '../migrations/index.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { createTestDatabase } from '../testing/test-database.ts'
import { createApp } from './create-app.ts'

test('missing migrations keep a process from being ready; once they are there it is, without a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'footing-unmigrated-'))
  const migrations = pathToFileURL(`${join(folder, 'migrations')}/`)
  await mkdir(migrations)
  await writeFile(new URL('0001-create-item.sql', migrations), 'create table item (id int primary key);')
  await writeFile(new URL('0002-later.sql', migrations), '-- footing: draft\nselect 1;')
  const database = await createTestDatabase()
  const shop = defineModule('shop', { owner: '@a', tables: ['item'], migrations })
  const app = createApp({ name: 'shop', modules: [implement(shop, () => ({ port: {} }))] })
  const running = await app.start({
    env: { DATABASE_URL: database.url, DRAIN_DELAY_MS: '0' },
    profile: 'test',
    port: 0,
    host: '127.0.0.1',
  })
  try {
    const before = await fetch(`${running.url}/readyz`)
    expect(before.status).toBe(503)
    expect(await before.json()).toMatchObject({
      status: 'not-ready',
      reasons: { migrations: 'a migration is missing: shop/0001-create-item' },
      checks: { data: 'ok' },
    })
    expect((await fetch(`${running.url}/livez`)).status).toBe(200)
    const sources = [{ module: 'shop', needs: [], folder: migrations }]
    await createMigrator({ url: database.directUrl, sources }).up()
    const after = await fetch(`${running.url}/readyz`)
    expect([after.status, await after.json()]).toMatchObject([200, { status: 'ready' }])
  } finally {
    await running.stop()
    await database.drop()
    await rm(folder, { recursive: true })
  }
})
