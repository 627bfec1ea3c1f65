// What every store must do, as cases that a test suite of any kind can run: those of this project do, and yours may.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { isFootingError } from '@footing/kernel'
import type { ObjectStorage, StoredObject } from './contract/contract.ts'

/** One case. It works below `prefix`, which nobody else uses, and throws an AssertionError when the store is wrong. */
export interface StorageCase {
  readonly name: string
  run(storage: ObjectStorage, prefix: string): Promise<void>
}

/** All cases. What a store does not guarantee must be refused with `storage-unsupported`, so no case is ever skipped. */
export const storageConformance: readonly StorageCase[] = [
  {
    name: 'bytes, text and streams come back as they were, empty ones too',
    async run(storage, prefix) {
      const contents = [new Uint8Array(), Buffer.from([0]), randomBytes(100_000), Buffer.from('äß𝄞\0\r\n')]
      for (const [index, content] of contents.entries()) {
        await storage.put(`${prefix}/bytes-${index}`, content, { contentType: 'image/png' })
        await storage.put(`${prefix}/stream-${index}`, streamOf(content, 777))
        assert.deepEqual(Buffer.from(await storage.read(`${prefix}/bytes-${index}`)), Buffer.from(content))
        assert.deepEqual(Buffer.from(await storage.read(`${prefix}/stream-${index}`)), Buffer.from(content))
      }
      await storage.put(`${prefix}/text`, 'Grüße')
      assert.equal(new TextDecoder().decode(await storage.read(`${prefix}/text`)), 'Grüße')
    },
  },
  {
    name: 'a stream of 20 MiB comes back, piece by piece',
    async run(storage, prefix) {
      const piece = randomBytes(1024 * 1024)
      const stored = await storage.put(`${prefix}/large`, repeated(piece, 20))
      assert.equal(stored.size, 20 * piece.length)
      const hash = createHash('sha256')
      const expected = createHash('sha256')
      for (let index = 0; index < 20; index += 1) expected.update(piece)
      const { object, body } = await storage.get(`${prefix}/large`)
      assert.equal(object.size, stored.size)
      for await (const part of body) hash.update(part)
      assert.equal(hash.digest('hex'), expected.digest('hex'))
      await storage.delete(`${prefix}/large`)
    },
  },
  {
    name: 'put, get and head agree on what is known of an object',
    async run(storage, prefix) {
      const key = `${prefix}/known`
      const stored = await storage.put(key, 'known', { contentType: 'text/plain; charset=utf-8' })
      const { object, body } = await storage.get(key)
      for await (const _piece of body);
      const head = await storage.head(key)
      const sha256 = createHash('sha256').update('known').digest('hex')
      for (const known of [stored, object, head]) {
        assert.deepEqual(factsOf(known), {
          key,
          size: 5,
          contentType: 'text/plain; charset=utf-8',
          sha256,
          etag: stored.etag,
        })
        assert.ok(known !== undefined && Math.abs(known.modifiedAt.getTime() - Date.now()) < 3_600_000)
      }
    },
  },
  {
    name: 'another content has another etag, the newest content wins',
    async run(storage, prefix) {
      const first = await storage.put(`${prefix}/twice`, 'one')
      const second = await storage.put(`${prefix}/twice`, 'two')
      assert.notEqual(first.etag, second.etag)
      assert.equal(String(Buffer.from(await storage.read(`${prefix}/twice`))), 'two')
    },
  },
  {
    name: 'what is absent: get refuses, head says nothing, delete is no fault',
    async run(storage, prefix) {
      await refused('storage-object-missing', storage.get(`${prefix}/absent`))
      await refused('storage-object-missing', storage.get(`${prefix}/absent/deeper`))
      assert.equal(await storage.head(`${prefix}/absent`), undefined)
      await storage.delete(`${prefix}/absent`)
      await storage.put(`${prefix}/gone`, 'x')
      await storage.delete(`${prefix}/gone`)
      await storage.delete(`${prefix}/gone`)
      assert.equal(await storage.head(`${prefix}/gone`), undefined)
    },
  },
  {
    name: 'listing: every key once, in byte order, page by page, from any prefix',
    async run(storage, prefix) {
      const names = ['B', 'a!', 'a-b', 'a/b', 'a/c/d', 'a/z', 'a=1', 'aa', 'b/1', 'b/10', 'b/2', 'c~']
      for (const name of names) await storage.put(`${prefix}/list/${name}`, name)
      for (const limit of [1, 2, 5, 1000]) {
        assert.deepEqual(
          await allKeys(storage, `${prefix}/list/`, limit),
          names.map((name) => `${prefix}/list/${name}`),
        )
      }
      assert.deepEqual(await allKeys(storage, `${prefix}/list/b/1`, 1), [`${prefix}/list/b/1`, `${prefix}/list/b/10`])
      assert.deepEqual(await allKeys(storage, `${prefix}/list/none`, 10), [])
      const page = await storage.list({ prefix: `${prefix}/list/`, after: `${prefix}/list/a/b`, limit: 2 })
      assert.deepEqual(
        page.objects.map(({ key, size }) => [key, size]),
        [
          [`${prefix}/list/a/c/d`, 5],
          [`${prefix}/list/a/z`, 3],
        ],
      )
    },
  },
  {
    name: 'ranges: inside, to the end, past the end, beginning behind it',
    async run(storage, prefix) {
      const key = `${prefix}/range`
      await storage.put(key, '0123456789')
      const part = async (offset: number, length?: number): Promise<string> => {
        const range = length === undefined ? { offset } : { offset, length }
        const { object, body } = await storage.get(key, { range })
        assert.equal(object.size, 10)
        const parts: Uint8Array[] = []
        for await (const piece of body) parts.push(piece)
        return String(Buffer.concat(parts))
      }
      assert.equal(await part(0, 1), '0')
      assert.equal(await part(3, 4), '3456')
      assert.equal(await part(8), '89')
      assert.equal(await part(8, 100), '89')
      await refused('storage-range-invalid', part(10))
      await refused('storage-range-invalid', part(-1))
      await refused('storage-range-invalid', part(0, 0))
    },
  },
  {
    name: 'a body that fails leaves what was there, and its own error passes',
    async run(storage, prefix) {
      const key = `${prefix}/failing`
      await storage.put(key, 'before')
      for (const size of [10, 18 * 1024 * 1024]) {
        const broken = (async function* () {
          yield randomBytes(size)
          throw new RangeError('the source broke')
        })()
        await assert.rejects(storage.put(key, broken), { name: 'RangeError', message: 'the source broke' })
      }
      assert.equal(String(Buffer.from(await storage.read(key))), 'before')
      assert.deepEqual(await allKeys(storage, `${prefix}/failing`, 10), [key])
    },
  },
  {
    name: 'too much, or another content than announced, stores nothing',
    async run(storage, prefix) {
      const key = `${prefix}/limited`
      await refused('storage-too-large', storage.put(key, streamOf(randomBytes(2000), 100), { maxBytes: 1999 }))
      await refused('storage-too-large', storage.put(key, 'abc', { maxBytes: 2 }))
      const other = createHash('sha256').update('other').digest('hex')
      await refused('storage-checksum-mismatch', storage.put(key, 'this', { sha256: other }))
      await refused('storage-checksum-mismatch', storage.put(key, streamOf(Buffer.from('this'), 2), { sha256: other }))
      assert.equal(await storage.head(key), undefined)
      await storage.put(key, streamOf(Buffer.from('other'), 2), { sha256: other, maxBytes: 5 })
      assert.equal((await storage.head(key))?.sha256, other)
    },
  },
  {
    name: 'of many that store one key only if absent, one wins',
    async run(storage, prefix) {
      const key = `${prefix}/once`
      if (!storage.guarantees.atomicIfAbsent) {
        return refused('storage-unsupported', storage.put(key, 'x', { ifAbsent: true }))
      }
      const tries = Array.from({ length: 12 }, (_, index) => storage.put(key, `writer ${index}`, { ifAbsent: true }))
      const results = await Promise.allSettled(tries)
      const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []))
      assert.equal(winners.length, 1)
      for (const result of results) {
        if (result.status === 'rejected')
          assert.ok(isFootingError(result.reason, 'storage-object-exists'), String(result.reason))
      }
      assert.equal(String(Buffer.from(await storage.read(key))), `writer ${winners[0]}`)
      await refused('storage-object-exists', storage.put(key, randomBytes(9 * 1024 * 1024), { ifAbsent: true }))
    },
  },
  {
    name: 'writers of one key at once: readers see one of their contents, whole',
    async run(storage, prefix) {
      const key = `${prefix}/busy`
      const contents = Array.from({ length: 6 }, (_, index) => Buffer.alloc(200_000, index))
      await storage.put(key, contents[0] ?? '')
      const writers = contents.map((content) => storage.put(key, streamOf(content, 10_000)))
      const readers = Array.from({ length: 6 }, async () => Buffer.from(await storage.read(key)))
      await Promise.all(writers)
      for (const seen of [...(await Promise.all(readers)), Buffer.from(await storage.read(key))]) {
        assert.ok(
          contents.some((content) => content.equals(seen)),
          'a mixture was read',
        )
      }
    },
  },
  {
    name: 'a reader that leaves early, and a caller that goes away',
    async run(storage, prefix) {
      const key = `${prefix}/left`
      await storage.put(key, randomBytes(3_000_000))
      const { body } = await storage.get(key)
      for await (const _piece of body) break
      const gone = new AbortController()
      gone.abort()
      await refused('storage-cancelled', storage.get(key, { signal: gone.signal }))
      await refused('storage-cancelled', storage.put(key, 'x', { signal: gone.signal }))
      const late = new AbortController()
      const endless = (async function* () {
        yield randomBytes(10)
        late.abort()
        await new Promise(() => undefined)
      })()
      await refused('storage-cancelled', storage.put(`${prefix}/endless`, endless, { signal: late.signal }))
      assert.equal(await storage.head(`${prefix}/endless`), undefined)
      assert.equal((await storage.read(key)).length, 3_000_000)
    },
  },
  {
    name: 'hostile keys are refused by every call',
    async run(storage, prefix) {
      const hostile = [
        '',
        '/',
        '/a',
        'a/',
        'a//b',
        '.',
        '..',
        '../a',
        'a/../b',
        'a/..',
        'a\\b',
        'a\0b',
        'a%2e',
        'ä',
        'a b',
      ]
      hostile.push('a\n', 'x'.repeat(201), `${'x/'.repeat(401)}x`, '%drafts/a', 'a*b', '?a', 'a#b', 'C:/a')
      for (const key of hostile) {
        for (const call of [
          () => storage.put(key, 'x'),
          () => storage.get(key),
          () => storage.head(key),
          () => storage.delete(key),
          () => storage.signedLink(key),
        ]) {
          await refused('storage-key-invalid', call())
        }
      }
      await refused('storage-key-invalid', storage.list({ prefix: '../records/access/' }))
      await refused('storage-request-invalid', storage.list({ prefix, limit: 1001 }))
      await refused('storage-request-invalid', storage.put(`${prefix}/type`, 'x', { contentType: 'a\r\nx-evil: 1' }))
      const long = `${prefix}/${'k'.repeat(200)}/${'~!()@,+='.repeat(20)}`
      await storage.put(long, 'long')
      assert.equal(String(Buffer.from(await storage.read(long))), 'long')
    },
  },
  {
    name: 'signed links read and write one object, for a while, and nothing else',
    async run(storage, prefix) {
      const key = `${prefix}/signed (1)!.txt`.replaceAll(' ', '_')
      await storage.put(key, 'signed')
      if (!storage.guarantees.signedLinks) return refused('storage-unsupported', storage.signedLink(key))
      const link = await storage.signedLink(key)
      assert.equal(await (await fetch(link)).text(), 'signed')
      const write = await storage.signedLink(key, { method: 'PUT', expiresInSeconds: 60 })
      assert.equal((await fetch(write, { method: 'PUT', body: 'written' })).status, 200)
      assert.equal(String(Buffer.from(await storage.read(key))), 'written')
      const other = link.replace('signed_', 'another_')
      const longer = link.replace('X-Amz-Expires=900', 'X-Amz-Expires=9000')
      for (const forged of [other, longer, `${link.slice(0, -1)}${link.endsWith('0') ? '1' : '0'}`]) {
        assert.equal((await fetch(forged)).status, 403, 'a forged link was answered')
      }
      assert.equal((await fetch(link, { method: 'PUT', body: 'x' })).status, 403, 'a link to read was good to write')
    },
  },
]

function factsOf(object: StoredObject | undefined) {
  if (object === undefined) return undefined
  const { key, size, contentType, sha256, etag } = object
  return { key, size, contentType, sha256, etag }
}

async function refused(code: string, call: Promise<unknown>): Promise<void> {
  const outcome = await call.then(
    () => 'it was allowed',
    (error: unknown) => (isFootingError(error) ? error.code : String(error)),
  )
  assert.equal(outcome, code)
}

async function allKeys(storage: ObjectStorage, prefix: string, limit: number): Promise<readonly string[]> {
  const keys: string[] = []
  let after: string | undefined
  do {
    const page = await storage.list({ prefix, limit, ...(after === undefined ? {} : { after }) })
    assert.ok(page.objects.length <= limit)
    keys.push(...page.objects.map(({ key }) => key))
    after = page.next
  } while (after !== undefined)
  return keys
}

async function* streamOf(content: Uint8Array, piece: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += piece) yield content.subarray(start, start + piece)
}

async function* repeated(piece: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < times; index += 1) yield piece
}
