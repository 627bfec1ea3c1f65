import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EmbeddedServer } from '@footing/core/data'
import { createMigrator } from '@footing/core/migrations'
import { startEmbeddedPostgres } from '@footing/core/servers'
import { startTestApp, type TestApp } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { app } from '../app.ts'
import { migrationSources, newcomers, testSecret } from './running-conduit.ts'
import { specificationClient } from './specification-client.ts'

let folder: string
let server: EmbeddedServer
let conduit: TestApp<typeof app.options.modules>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conduit-outage-'))
  server = await startDatabase()
  await createMigrator({ url: server.url, sources: migrationSources(app) }).up()
  conduit = await startTestApp(app, { databaseUrl: server.url, env: { TOKEN_SECRET: testSecret } })
})

afterAll(async () => {
  await conduit?.stop()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const startDatabase = () => startEmbeddedPostgres({ folder, resolveFrom: [import.meta.url], temporary: false })

interface Attempt {
  readonly status: number
  readonly code: string | undefined
  readonly slug: string | undefined
}

/** Publishes one article; the answer must be a success or a coded 5xx that says "later". */
async function publish(token: string, title: string): Promise<Attempt> {
  const response = await fetch(`${conduit.url}/api/articles`, {
    method: 'POST',
    headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ article: { title, description: 'd', body: 'b', tagList: ['outage'] } }),
  })
  const body = (await response.json()) as { code?: string; article?: { slug: string } } // checked by its reader
  return { status: response.status, code: body.code, slug: body.article?.slug }
}

test('the database stops and starts under load: coded answers meanwhile, nothing acknowledged is lost', async () => {
  const api = specificationClient(`${conduit.url}/api`)
  const { token } = await newcomers(api)('writer')
  const attempts: Attempt[] = []
  const waiters: { readonly holds: () => boolean; readonly resolve: () => void }[] = []
  let over = false

  /** Resolves as soon as the attempts so far satisfy `holds`; asked after each attempt. */
  const until = (holds: () => boolean) => new Promise<void>((resolve) => waiters.push({ holds, resolve }))
  const writer = async (name: string) => {
    for (let number = 0; !over; number++) {
      attempts.push(await publish(token, `${name} ${number}`))
      for (const waiter of waiters) if (waiter.holds()) waiter.resolve()
    }
  }
  const succeeded = () => attempts.filter(({ status }) => status === 201)
  const failed = () => attempts.filter(({ status }) => status !== 201)

  const load = Promise.all(['one', 'two', 'three', 'four'].map(writer))
  await until(() => succeeded().length >= 40)
  for (const round of [1, 2]) {
    const failedBefore = failed().length
    await server.stop()
    await until(() => failed().length >= failedBefore + 8)
    const succeededBefore = succeeded().length
    server = await startDatabase()
    await until(() => succeeded().length >= succeededBefore + 40 * round)
  }
  over = true
  await load

  expect(new Set(failed().map(({ status }) => status))).toEqual(new Set([503]))
  for (const { code } of failed()) expect(code).toMatch(/^data-/)
  const kept = new Set<string>()
  const { articlesCount } = (await api.call('GetArticles', { query: { tag: 'outage' } })).data
  for (let offset = 0; offset < articlesCount; offset += 100) {
    const page = await api.call('GetArticles', { query: { tag: 'outage', limit: 100, offset } })
    for (const { slug } of page.data.articles) kept.add(slug)
  }
  const lost = succeeded().filter(({ slug }) => slug === undefined || !kept.has(slug))
  expect(lost).toEqual([])
  // A commit whose answer was cut off may have arrived: then it counts, and never more of them than failures.
  expect(kept.size - succeeded().length).toBeLessThanOrEqual(failed().length)
  expect(articlesCount).toBe(kept.size)
})
