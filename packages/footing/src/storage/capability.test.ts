// Object storage as a capability: on a folder and on an S3 server, below each module's own prefix.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { testServer } from '../testing/test-servers.ts'
import type { ModuleStorage } from './module-storage.ts'
import { storage } from './use-storage.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-storage-capability-'))
})
afterAll(() => rm(folder, { recursive: true }))

const quiet = { profile: 'test', role: 'worker' } as const

function gallery(guarantees: readonly string[] = []) {
  const handles: Record<string, ModuleStorage> = {}
  const made = ['media', 'other'].map((name) =>
    implement(defineModule(name, { owner: '@a', uses: [storage()], guarantees: { storage: guarantees } }), (kit) => {
      handles[name] = kit.storage
      return { port: {} }
    }),
  )
  return { handles, app: createApp({ name: 'gallery', modules: made }) }
}

const stores: Readonly<Record<string, () => Promise<string>>> = {
  disk: async () => `file://${folder}/objects`,
  s3: () => testServer('s3'),
}

describe.each(Object.entries(stores))('%s', (_name, url) => {
  test.each(capabilityConformance)('$name', async (one) =>
    one.run({
      name: 'storage',
      env: { STORAGE_URL: await url() },
      start: (env, guarantees) => gallery(guarantees).app.start({ ...quiet, env }),
      wrong: { name: 'STORAGE_URL', value: 's3://key:top-secret@bucket-1?region=eu-1&colour=red' },
    }),
  )

  test('a module neither sees, replaces nor deletes the objects of another', async () => {
    const { app, handles } = gallery()
    const running = await app.start({ ...quiet, env: { STORAGE_URL: await url() } })
    const { media, other } = handles as { media: ModuleStorage; other: ModuleStorage }
    const stored = await media.put('a/b', 'of media', { contentType: 'text/plain' })
    await media.put('a/c', 'of media')
    await other.put('a/b', 'of other')
    expect(stored.key).toBe('a/b')
    expect(Buffer.from(await media.read('a/b')).toString()).toBe('of media')
    expect((await media.get('a/b')).object).toMatchObject({ key: 'a/b', contentType: 'text/plain' })
    expect((await media.head('a/c'))?.key).toBe('a/c')
    const first = await media.list({ limit: 1 })
    expect([first.objects.map(({ key }) => key), first.next]).toEqual([['a/b'], 'a/b'])
    expect((await media.list({ after: first.next ?? '' })).objects.map(({ key }) => key)).toEqual(['a/c'])
    expect((await other.list({ prefix: 'a/' })).objects.map(({ key }) => key)).toEqual(['a/b'])
    await other.delete('a/b')
    expect(await media.head('a/b')).toBeDefined()
    for (const hostile of ['../media/a/b', '/a', '', 'a/../../media/a', undefined as unknown as string]) {
      await expect(other.read(hostile)).rejects.toMatchObject({ code: 'storage-key-invalid' })
      await expect(other.delete(hostile)).rejects.toMatchObject({ code: 'storage-key-invalid' })
    }
    await expect(other.list({ prefix: '../media/' })).rejects.toMatchObject({ code: 'storage-key-invalid' })
    expect(media).not.toHaveProperty('close')
    await running.stop()
    await expect(media.head('a/b')).rejects.toMatchObject({ code: 'storage-closed' })
  })
})

test('STORAGE_URL_FILE gives the secret; no fault and no fact repeats it', async () => {
  const file = join(folder, 'storage-url')
  await writeFile(file, 's3://key:top-secret@bucket-1\n')
  const env = { STORAGE_URL_FILE: file, AWS_REGION: 'eu-1' }
  const { app } = gallery()
  const running = await app.start({ ...quiet, env })
  const [facts] = running.capabilities().filter(({ name }) => name === 'storage')
  expect(facts).toMatchObject({ driver: 's3', from: 'STORAGE_URL', guarantees: { shared: true } })
  expect(JSON.stringify(facts)).not.toContain('top-secret')
  await running.stop()
  // The region is known to the environment or to nobody.
  const error: unknown = await app
    .start({ ...quiet, env: { STORAGE_URL_FILE: file } })
    .catch((thrown: unknown) => thrown)
  expect(isFootingError(error, 'storage-url-invalid')).toBe(true)
  expect(String(error)).not.toContain('top-secret')
  const set = app.start({ ...quiet, env: { ...env, STORAGE_URL: 'file:///a' } })
  await expect(set).rejects.toThrow('set twice')
})

test('production refuses the folder that nobody named, warns of one that somebody did, and names the variable', async () => {
  const { app } = gallery()
  const starting = app.start({ role: 'worker', profile: 'production', env: {} })
  await expect(starting).rejects.toMatchObject({
    code: 'production-default',
    message: expect.stringContaining('STORAGE_URL'),
  })
  const env = { STORAGE_URL: `file://${folder}/production` }
  const running = await app.start({ role: 'worker', profile: 'production', env })
  const facts = running.capabilities().find(({ name }) => name === 'storage')
  expect(facts?.unsound).toMatchObject([{ refused: false, remedy: expect.stringContaining('STORAGE_URL') }])
  await running.stop()
})

test('a store that is away is told by its health, in a word', async () => {
  const { app } = gallery()
  const env = { STORAGE_URL: 's3://AKEXAMPLE:top-secret@bucket-1?endpoint=http://127.0.0.1:1' }
  const running = await app.start({ ...quiet, env })
  expect((await running.health()).storage).toBe('storage-unreachable')
  await running.stop()
})

test.each([
  'avatar',
  'avatar/{subject}',
  'avatar/{subject}-1/',
  '{subject}{subject}/',
  'a b/{subject}/',
  '../{subject}/',
  '',
])('the personal prefix %j is refused, because it could hold objects of others', (personal) => {
  expect(() => storage({ personal })).toThrow(expect.objectContaining({ code: 'storage-declaration-invalid' }))
})

describe.each(Object.entries(stores))('personal data on %s', (_name, url) => {
  test('objects below the prefix of the person are exported and deleted with a proof; those of others stay', async () => {
    const media = defineModule('media', {
      owner: '@a',
      uses: [storage({ personal: ['avatar/{subject}/', 'x/{subject}/y'] })],
    })
    let handle: ModuleStorage | undefined
    const module = implement(media, (kit) => {
      handle = kit.storage
      return { port: {} }
    })
    const running = await createApp({ name: 'gallery', modules: [module] }).start({
      ...quiet,
      env: { STORAGE_URL: await url() },
    })
    const mine = ['avatar/7/a', 'avatar/7/b/c', 'x/7/yes']
    const others = ['avatar/70/a', 'avatar/8/a', 'avatar/7', 'x/7/no', 'avatar/$&/a'.replace('$&', 'aa')]
    for (const key of [...mine, ...others]) await handle?.put(key, key, { contentType: 'image/png' })
    let text = ''
    for await (const part of running.personalData.export('7')) text += part
    expect(JSON.parse(text).stores).toEqual({
      'storage of media: avatar/{subject}/': [
        expect.objectContaining({ key: 'avatar/7/a', size: 10, contentType: 'image/png' }),
        expect.objectContaining({ key: 'avatar/7/b/c', size: 12 }),
      ],
      'storage of media: x/{subject}/y': [expect.objectContaining({ key: 'x/7/yes' })],
    })
    // Identifiers that are no name of a key have no objects, and above all not those of others.
    for (const hostile of ['7/b', '.', '..', '7/../8', '*', '$&', '']) {
      if (hostile === '') await expect(running.personalData.erase(hostile)).rejects.toThrow(TypeError)
      else expect((await running.personalData.erase(hostile)).stores).toMatchObject([{ erased: 0 }, { erased: 0 }])
    }
    const proof = await running.personalData.erase('7')
    expect(proof.stores).toEqual([
      { store: 'storage of media: avatar/{subject}/', erased: 2, left: 0 },
      { store: 'storage of media: x/{subject}/y', erased: 1, left: 0 },
    ])
    for (const key of mine) expect(await handle?.head(key)).toBeUndefined()
    for (const key of others) expect(await handle?.head(key)).toBeDefined()
    await running.stop()
  })
})
