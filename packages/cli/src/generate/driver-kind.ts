// A driver of object storage: an in-memory first version that passes the public cases, to be replaced call by call.
import type { GeneratedKind } from './first-version.ts'

export const driverKind: GeneratedKind = {
  name: 'driver',
  summary: 'a driver of object storage that passes the public cases, in memory at first',
  ofFooting: false,
  make: ({ kebab, camel, pascal }) => ({
    files: [
      {
        path: `src/${kebab}/${kebab}-driver.ts`,
        text: `// Object storage on ${pascal}. Replace the map by calls of your store; keys, limits and checksums are the facade's work.
import { createHash } from 'node:crypto'
import type { StorageDriver, StoredObject } from '@footing/core/storage'

export function ${camel}Driver(now: () => number = Date.now): StorageDriver {
  const objects = new Map<string, { readonly object: StoredObject; readonly bytes: Uint8Array }>()
  return {
    guarantees: {
      atomicIfAbsent: true,
      signedLinks: false,
      shared: false,
      checksum: 'always',
      largestObject: 64 * 1024 * 1024,
    },
    async put(key, body, { contentType, ifAbsent, signal }) {
      const pieces: Uint8Array[] = []
      for await (const piece of body) pieces.push(Uint8Array.from(piece))
      signal.throwIfAborted()
      if (ifAbsent && objects.has(key)) throw storageErrors('storage-object-exists', { details: { key } })
      const bytes = new Uint8Array(Buffer.concat(pieces))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const object = { key, size: bytes.length, contentType, etag: sha256, modifiedAt: new Date(now()), sha256 }
      objects.set(key, { object, bytes })
      return object
    },
    async get(key, range) {
      const found = objects.get(key)
      if (found === undefined) return undefined
      const { offset = 0, length = found.bytes.length - offset } = range ?? {}
      if (range !== undefined && offset >= found.bytes.length) {
        throw storageErrors('storage-range-invalid', { details: { key, size: found.bytes.length, offset } })
      }
      const part = found.bytes.subarray(offset, offset + length)
      return { object: found.object, body: (async function* () { yield part })() }
    },
    head: async (key) => objects.get(key)?.object,
    async list({ prefix, after, limit }) {
      const keys = [...objects.keys()]
        .filter((key) => key.startsWith(prefix) && (after === undefined || key > after))
        .toSorted((a, b) => (a < b ? -1 : 1))
      const page = keys.slice(0, limit).flatMap((key) => objects.get(key)?.object ?? [])
      return { objects: page, next: keys.length > limit ? page.at(-1)?.key : undefined }
    },
    async delete(key) {
      objects.delete(key)
    },
    close: async () => objects.clear(),
  }
}
`.replace(
          'import type { StorageDriver, StoredObject }',
          'import { type StorageDriver, type StoredObject, storageErrors }',
        ),
      },
      {
        path: `src/${kebab}/${kebab}-driver.test.ts`,
        text: `// The driver passes the public cases of object storage.
import { test } from 'node:test'
import { storageConformance, storageOn } from '@footing/core/storage'
import { ${camel}Driver } from './${kebab}-driver.ts'

for (const one of storageConformance) {
  test(one.name, async () => {
    const storage = storageOn(${camel}Driver())
    try {
      await one.run(storage, 'case')
    } finally {
      await storage.close()
    }
  })
}
`,
      },
    ],
    next: [
      `node --test src/${kebab}/${kebab}-driver.test.ts`,
      `Open it with storageOn(${camel}Driver()); replace the map call by call and keep the cases green.`,
    ],
  }),
}
