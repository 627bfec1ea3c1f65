// Every store against the same cases; then what each has of its own.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { isFootingError, manualClock } from '@footing/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testServer } from '../testing/test-servers.ts'
import { storageConformance } from './conformance.ts'
import type { ObjectStorage } from './contract/contract.ts'
import { openStorage } from './open-storage.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-storage-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

// FOOTING_TEST_S3_URL puts another server in place of the one that comes with the tests: npm run test:s3 does.
const s3Url = async () => process.env.FOOTING_TEST_S3_URL || (await testServer('s3'))

const stores: Readonly<Record<string, () => Promise<ObjectStorage>>> = {
  disk: async () => openStorage({ url: `file://${folder}/objects` }),
  s3: async () => openStorage({ url: await s3Url() }),
  's3 below a prefix': async () =>
    openStorage({ url: (await s3Url()).replace('?', `/below/${randomBytes(4).toString('hex')}?`) }),
}

describe.each(Object.entries(stores))('%s', (_name, open) => {
  let storage: ObjectStorage
  beforeAll(async () => {
    storage = await open()
  })
  afterAll(() => storage?.close())

  test.each(storageConformance.map((entry) => [entry.name, entry] as const))('%s', async (_case, entry) => {
    await entry.run(storage, `case-${randomBytes(6).toString('hex')}`)
  })
})

test('a closed storage takes nothing, and closing ends what runs', async () => {
  const storage = openStorage({ folder: join(folder, 'closing') })
  const endless = (async function* () {
    yield randomBytes(10)
    await new Promise(() => undefined)
  })()
  const running = storage.put('a', endless)
  const ended = expect(running).rejects.toMatchObject({ code: 'storage-closed' })
  await Promise.all([storage.close(), storage.close()])
  await ended
  await expect(storage.head('a')).rejects.toMatchObject({ code: 'storage-closed' })
})

test('a key may also be the folder of other keys on disk', async () => {
  const storage = openStorage({ folder: join(folder, 'nested') })
  for (const key of ['a', 'a/b', 'a/b/c']) await storage.put(key, key)
  await storage.delete('a/b/c')
  expect(Buffer.from(await storage.read('a/b')).toString()).toBe('a/b')
  expect((await storage.list()).objects.map(({ key }) => key)).toEqual(['a', 'a/b'])
})

test('disk: nothing is read or written through symbolic links below the folder', async () => {
  const root = join(folder, 'linked')
  const outside = join(folder, 'outside')
  await mkdir(outside)
  const storage = openStorage({ folder: root })
  await storage.put('inside/a', 'a')
  await writeFile(join(outside, 'secret'), 'x'.repeat(1000))
  await symlink(outside, join(root, 'way%'))
  await symlink(join(outside, 'secret'), join(root, 'file'))
  for (const call of [
    () => storage.put('way/b', 'b'),
    () => storage.get('way/secret'),
    () => storage.head('file'),
    () => storage.delete('way/secret'),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'storage-path-unsafe' })
  }
  expect(await readdir(outside)).toEqual(['secret'])
  expect((await storage.list()).objects.map(({ key }) => key)).toEqual(['inside/a'])
  // A put takes the place of the link and leaves alone what it led to.
  await storage.put('file', 'mine')
  expect(await readFile(join(outside, 'secret'), 'utf8')).toHaveLength(1000)
})

test('disk: a file that was cut, changed or put there by hand is told, not delivered', async () => {
  const root = join(folder, 'damaged')
  const storage = openStorage({ folder: root })
  await storage.put('cut', randomBytes(5000))
  await truncate(join(root, 'cut'), 4000)
  await writeFile(join(root, 'strange'), 'not an object')
  await storage.put('flipped', Buffer.alloc(5000, 1))
  const bytes = await readFile(join(root, 'flipped'))
  bytes[100] = 2
  await writeFile(join(root, 'flipped'), bytes)
  await expect(storage.read('cut')).rejects.toMatchObject({ code: 'storage-object-damaged' })
  await expect(storage.read('strange')).rejects.toMatchObject({ code: 'storage-object-damaged' })
  await expect(storage.read('flipped')).rejects.toMatchObject({ code: 'storage-checksum-mismatch' })
})

test('disk: drafts of killed processes are removed after a day, younger ones may still grow', async () => {
  const root = join(folder, 'drafts')
  await mkdir(join(root, '%drafts'), { recursive: true })
  for (const name of ['old', 'young']) await writeFile(join(root, '%drafts', name), 'half')
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
  await utimes(join(root, '%drafts', 'old'), twoDaysAgo, twoDaysAgo)
  await openStorage({ folder: root }).put('a', 'a')
  expect(await readdir(join(root, '%drafts'))).toEqual(['young'])
})

test('disk: a store that may not write says so', async () => {
  await writeFile(join(folder, 'occupied'), '')
  const call = openStorage({ folder: join(folder, 'occupied') }).put('a', 'a')
  await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^storage-(failed|access-refused)$/) })
})

test('a body that cannot be one is refused; reading more than was allowed too', async () => {
  const storage = openStorage({ folder: join(folder, 'bodies') })
  const hostile: readonly unknown[] = [
    undefined,
    null,
    5,
    {},
    (async function* () {
      yield 'text'
    })(),
  ]
  for (const body of hostile) {
    await expect(storage.put('a', body as string)).rejects.toMatchObject({ code: 'storage-body-invalid' })
  }
  await storage.put('b', randomBytes(1001))
  await expect(storage.read('b', { maxBytes: 1000 })).rejects.toMatchObject({ code: 'storage-too-large', status: 413 })
  await expect(storage.put('c', 'x', { maxBytes: Number.NaN })).rejects.toMatchObject({
    code: 'storage-request-invalid',
  })
})

describe('a store that does not answer', () => {
  let server: Server
  const sockets = new Set<Socket>()
  let url = ''
  beforeAll(async () => {
    server = createTcpServer((socket) => sockets.add(socket.on('error', () => undefined)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    url = `s3://AKEXAMPLE:very%2Fsecret@bucket-1?endpoint=http://127.0.0.1:${port}`
  })
  afterAll(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test.each([
    ['all in all', { timeoutMs: 2000 }, 2000],
    ['without progress', {}, 60_000],
  ])('ends when its time is over: %s', async (_what, options, ms) => {
    const clock = manualClock()
    const storage = openStorage({ url, clock })
    const connected = new Promise((resolve) => server.once('connection', resolve))
    const call = storage.put('a', 'a', options)
    const ended = expect(call).rejects.toMatchObject({ code: 'storage-timeout', status: 504 })
    await connected
    await clock.advance(ms - 1)
    await clock.advance(1)
    await ended
    expect(clock.pending).toBe(0)
    await storage.close()
  })

  // Answers each request with the head of an object of 100 bytes and a part of its content.
  const answering = async (content: string, end: boolean): Promise<{ url: string; close: () => void }> => {
    const half = createTcpServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      socket.once('data', () => {
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: "x"\r\nContent-Type: text/plain\r\n\r\n${content}`,
        )
        if (end) socket.end()
      })
    })
    await new Promise<void>((resolve) => half.listen(0, '127.0.0.1', resolve))
    const address = half.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    return { url: `s3://AK:secret@bucket-1?endpoint=http://127.0.0.1:${port}`, close: () => half.close() }
  }

  test('a download that stops in the middle ends when nothing has moved for a while', async () => {
    const half = await answering('0123456789', false)
    const clock = manualClock()
    const storage = openStorage({ url: half.url, clock })
    const { body } = await storage.get('a')
    const pieces: Uint8Array[] = []
    const reading = (async () => {
      for await (const piece of body) pieces.push(piece)
    })()
    const ended = expect(reading).rejects.toMatchObject({ code: 'storage-timeout' })
    await expect.poll(() => pieces.length).toBe(1)
    await clock.advance(60_000)
    await ended
    expect(clock.pending).toBe(0)
    await storage.close()
    half.close()
  })

  test('a download that is cut off fails instead of looking complete', async () => {
    const half = await answering('0123456789', true)
    const storage = openStorage({ url: half.url })
    await expect(storage.read('a')).rejects.toMatchObject({
      code: expect.stringMatching(/^storage-(unreachable|failed|checksum-mismatch)$/),
    })
    await storage.close()
    half.close()
  })

  test('one that is not there is told with its address and without the secret', async () => {
    const storage = openStorage({ url: 's3://AKEXAMPLE:very%2Fsecret@bucket-1?endpoint=http://127.0.0.1:1' })
    const error: unknown = await storage.head('a').catch((thrown: unknown) => thrown)
    expect(isFootingError(error, 'storage-unreachable')).toBe(true)
    expect(JSON.stringify([error, String(error), Object(error).cause?.message])).not.toMatch(/very|secret/)
    await storage.close()
  })
})

test('wrong credentials are told, without them', async () => {
  const storage = openStorage({ url: (await s3Url()).replace(/:[^:@]+@/, ':another-secret@') })
  const error: unknown = await storage.put('a', 'a').catch((thrown: unknown) => thrown)
  expect(isFootingError(error, 'storage-access-refused')).toBe(true)
  expect(JSON.stringify([error, String(error), Object(error).cause])).not.toContain('another-secret')
  await storage.close()
})

test.each([
  'nonsense',
  'ftp://host/folder',
  'file://host/folder',
  's3://',
  's3://B',
  's3://bucket-1',
  's3://bucket-1:9000?region=eu-1',
  's3://key@bucket-1?region=eu-1',
  's3://key:top-secret@bucket-1?region=eu-1&colour=red',
  's3://key:top-secret@bucket-1?endpoint=ftp://x',
  's3://key:top-secret@bucket-1?endpoint=http://user:pass@x',
  's3://key:top-secret@bucket-1?region=eu-1&partMiB=4',
  's3://key:top-secret%zz@bucket-1?region=eu-1',
])('the URL %s is refused without repeating its secret', (url) => {
  let error: unknown
  try {
    openStorage({ url, env: {} })
  } catch (thrown) {
    error = thrown
  }
  expect(isFootingError(error, 'storage-url-invalid')).toBe(true)
  expect(JSON.stringify(error) + String(error)).not.toMatch(/top-secret|user:pass/)
})

test('an S3 server without conditional writes refuses ifAbsent instead of letting two win', async () => {
  const storage = openStorage({ url: `${await s3Url()}&conditional=no` })
  expect(storage.guarantees.atomicIfAbsent).toBe(false)
  await expect(storage.put('a', 'a', { ifAbsent: true })).rejects.toMatchObject({ code: 'storage-unsupported' })
  await storage.close()
})

test('a large upload that fails leaves no parts behind on the server', async () => {
  const url = new URL(await s3Url())
  const storage = openStorage({ url: url.href })
  const broken = (async function* () {
    for (let index = 0; index < 10; index += 1) yield randomBytes(2 * 1024 * 1024)
    throw new Error('the source broke')
  })()
  const key = `unfinished-${randomBytes(6).toString('hex')}`
  await expect(storage.put(key, broken)).rejects.toThrow('the source broke')
  await storage.close()
  const client = new S3Client({
    endpoint: url.searchParams.get('endpoint') ?? '',
    region: url.searchParams.get('region') ?? '',
    forcePathStyle: true,
    credentials: { accessKeyId: url.username, secretAccessKey: decodeURIComponent(url.password) },
  })
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: url.hostname, Prefix: key }))
  expect(Uploads).toEqual([])
  client.destroy()
})

test('twenty processes killed in the middle of a put: the key holds one of the contents, whole', {
  timeout: 60_000,
}, async () => {
  const root = join(folder, 'killed')
  const storage = openStorage({ folder: root })
  const size = 3_000_000
  await storage.put('a', Buffer.alloc(size, 'a'))
  const program = `
    import { openStorage } from ${JSON.stringify(new URL('./open-storage.ts', import.meta.url).href)}
    const storage = openStorage({ folder: process.argv[1] })
    for (let letter = 97 + Number(process.argv[2]); ; letter = 97 + ((letter - 96) % 26)) {
      await storage.put('a', Buffer.alloc(${size}, letter))
      process.stdout.write('stored')
    }`
  const seen = new Set<string>()
  for (let kill = 0; kill < 20; kill += 1) {
    const args = ['--conditions=@footing/source', '--input-type=module', '--eval', program, root, String(kill)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    await once(child.stdout, 'data')
    // Not a wait for anything: the point at which it dies is what is random here.
    await delay(Math.random() * 60)
    child.kill('SIGKILL')
    await exited
    const content = Buffer.from(await storage.read('a'))
    seen.add(String.fromCharCode(content[0] ?? 0))
    expect(content.equals(Buffer.alloc(size, content[0]))).toBe(true)
  }
  expect(seen.size).toBeGreaterThan(2)
  expect((await storage.list()).objects).toHaveLength(1)
})
