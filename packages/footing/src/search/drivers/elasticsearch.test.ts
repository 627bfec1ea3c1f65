// What the driver does with servers that are slow, overloaded, hostile or away; the cases of every driver run on a real one.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { manualClock, systemClock } from '@footing/kernel'
import { afterEach, expect, test } from 'vitest'
import type { SearchExecutor } from '../contract/contract.ts'
import { defineSearchIndex } from '../contract/define-index.ts'
import { openSearch } from '../open-search.ts'
import { elasticsearchDriver } from './elasticsearch.ts'
import { readElasticsearchTarget } from './elasticsearch-target.ts'

const index = defineSearchIndex({ name: 'note', language: 'english', fields: { text: {} } })
const mapping = { 'x-shop-note-first': { mappings: { _meta: { fingerprint: index.fingerprint } } } }
const executor: SearchExecutor = {
  schema: 'shop',
  read: () => Promise.reject(new Error('the database is not asked')),
  atomically: () => Promise.reject(new Error('the database is not asked')),
}
const request = {
  query: 'x',
  filters: [],
  limit: 2,
  after: undefined,
  highlight: false,
  typos: false,
  consistency: 'latest',
} as const

interface Answer {
  readonly status?: number
  readonly body?: unknown
}

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const seen: { method: string; url: string; authorization: string | undefined }[] = []

// Answers the question for the mapping; `answer` says what becomes of the rest, undefined for silence.
async function serverThat(answer: (url: string, body: string) => Answer | undefined): Promise<string> {
  seen.length = 0
  server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part)
    const { method = '', url = '' } = incoming
    seen.push({ method, url, authorization: incoming.headers.authorization })
    const found = url.endsWith('/_mapping') ? { body: mapping } : answer(url, Buffer.concat(parts).toString())
    if (found === undefined) return
    outgoing.writeHead(found.status ?? 200, { 'content-type': 'application/json', location: 'http://127.0.0.1:1/' })
    outgoing.end(typeof found.body === 'string' ? found.body : JSON.stringify(found.body ?? {}))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  // A listening server of this family has an address with a port.
  const { port } = server.address() as AddressInfo
  return `elasticsearch://user:very%2Fsecret@127.0.0.1:${port}/x?tls=no`
}

const open = (url: string, clock = systemClock) =>
  elasticsearchDriver(readElasticsearchTarget(new URL(url)), { clock, random: () => 0 })

const told = (error: unknown) =>
  `${JSON.stringify(error)}${String(error)}${String(Object(error).cause)}${Object(error).stack}`

test.each([429, 502, 503, 504])(
  'a search that is answered with %i is repeated, with credentials and pauses',
  async (status) => {
    let searches = 0
    const url = await serverThat((path) => {
      if (!path.includes('_search')) return { status: 404 }
      searches += 1
      return searches < 3 ? { status } : { body: { hits: { hits: [], total: { value: 0, relation: 'eq' } } } }
    })
    expect(await open(url).search(executor, index, request)).toEqual({ hits: [], total: { value: 0, exact: true } })
    expect(searches).toBe(3)
    const basic = `Basic ${Buffer.from('user:very/secret').toString('base64')}`
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set([basic]))
  },
)

test('other faults are not repeated, and neither contents nor secrets are told', async () => {
  let searches = 0
  const url = await serverThat(() => {
    searches += 1
    return { status: 400, body: { error: { type: 'parse_exception', reason: "Preview of field's value: 'private'" } } }
  })
  const error: unknown = await open(url)
    .search(executor, index, request)
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'search-failed', message: expect.stringContaining('parse_exception') })
  expect(told(error)).not.toMatch(/private|very|secret|Basic/)
  expect(searches).toBe(1)
})

test('a redirect is not followed: it would carry the credentials elsewhere', async () => {
  const url = await serverThat(() => ({ status: 302 }))
  await expect(open(url).search(executor, index, request)).rejects.toMatchObject({ code: 'search-failed' })
  expect(seen).toHaveLength(2)
})

test('refused credentials are told, without them', async () => {
  const url = await serverThat(() => ({ status: 401 }))
  const error: unknown = await open(url)
    .search(executor, index, request)
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'search-access-refused' })
  expect(told(error)).not.toMatch(/very|secret/)
})

test('a server that is away is told after several attempts, one that is silent when the time is over', async () => {
  const away: unknown = await open('elasticsearch://user:very%2Fsecret@127.0.0.1:1/x?tls=no')
    .search(executor, index, request)
    .catch((thrown: unknown) => thrown)
  expect(away).toMatchObject({ code: 'search-unreachable', retryable: true })
  expect(told(away)).not.toMatch(/very|secret/)

  let asked = () => {}
  const arrived = new Promise<void>((resolve) => {
    asked = resolve
  })
  const url = await serverThat(() => {
    asked()
    return undefined
  })
  const clock = manualClock()
  const call = expect(open(`${url}&timeoutMs=5000`, clock).search(executor, index, request)).rejects.toMatchObject({
    code: 'search-timeout',
  })
  await arrived
  await clock.advance(5000)
  await call
  expect(clock.pending).toBe(0)
})

test.each([
  [400, 'search-document-refused'],
  [429, 'search-unreachable'],
  [404, 'search-index-missing'],
])('a document that a bulk answers with %i is told as %s', async (status, code) => {
  const fault = { type: 'mapper_parsing_exception', reason: "value: 'private'" }
  const url = await serverThat((path) =>
    path.startsWith('/_bulk')
      ? {
          body: {
            errors: true,
            items: [{ index: { status: 201 } }, { index: { status: 409 } }, { index: { status, error: fault } }],
          },
        }
      : { status: 404 },
  )
  const documents = ['a', 'b', 'c'].map((id) => ({ id, version: 1, removed: false, fields: { text: id }, filters: {} }))
  const error: unknown = await open(url)
    .write(executor, index, documents)
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect(told(error)).not.toContain('private')
})

test.each(['not json', '[]', '{"hits":5}', '{"hits":{"hits":{}}}'])(
  'the strange answer %s is no crash',
  async (body) => {
    const url = await serverThat(() => ({ body }))
    expect((await open(url).search(executor, index, request)).hits).toEqual([])
    await expect(open(url).write(executor, index, [])).resolves.toEqual({ written: 0 })
  },
)

test('an index that was made for another declaration is refused', async () => {
  const other = defineSearchIndex({ name: 'note', language: 'german', fields: { text: {} } })
  await expect(open(await serverThat(() => ({}))).search(executor, other, request)).rejects.toMatchObject({
    code: 'search-index-changed',
  })
})

test.each([
  'nonsense',
  'ftp://user:top-secret@host',
  'elasticsearch:///x',
  'elasticsearch://user:top-secret@host/UP',
  'elasticsearch://user:top-secret@host/a/b',
  'elasticsearch://user:top-secret@host/x?colour=red',
  'elasticsearch://user:top-secret@host/x?tls=maybe',
  'elasticsearch://user:top-secret@host/x?refresh=now',
  'elasticsearch://user:top-secret@host/x?timeoutMs=0',
  'elasticsearch://user:top-secret%zz@host/x',
  'elasticsearch://user:top-secret@host/x?apiKey=abc',
  'elasticsearch://host/x?apiKey=top-secret%0d%0a',
])('the URL %s is refused without repeating its secret', (url) => {
  let error: unknown
  try {
    openSearch({ url })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code: 'search-url-invalid' })
  expect(told(error)).not.toContain('top-secret')
})

test('guarantees say what the URL chooses', () => {
  expect(openSearch({ url: 'elasticsearch://host' }).guarantees.readAfterWrite).toBe(false)
  expect(openSearch({ url: 'elasticsearch://host?refresh=wait&apiKey=abc' }).guarantees.readAfterWrite).toBe(true)
})
