// Object storage as a capability: a folder or a bucket, opened when a module keeps objects.
import { defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { optionalSetting } from '../module/setting.ts'
import { readableBy } from '../module/text-schema.ts'
import { declaredBy, declares } from '../module/use.ts'
import type { ObjectStorage } from './contract/contract.ts'
import { moduleStorage } from './module-storage.ts'
import { openStorage, readStorageUrl, storageDriver } from './open-storage.ts'
import { personalObjects } from './personal-objects.ts'
import type { DeclaredStorage } from './use-storage.ts'

const settings = {
  STORAGE_URL: optionalSetting({
    schema: readableBy((text) => readStorageUrl(text, { AWS_REGION: 'any' })),
    secret: true,
    summary: 'where objects are: s3://key:secret@bucket?region=… or file:///folder',
  }),
} as const

const healthMs = 2000

/** Objects of modules; `uses: [storage()]` gives `kit.storage`. */
export const storageCapability = defineCapability<typeof settings, ObjectStorage>({
  name: 'storage',
  summary: 'files and other objects of the modules, in a folder or a bucket',
  settings,
  guarantees: ['atomicIfAbsent', 'shared', 'signedLinks', 'checksum'],
  driver({ STORAGE_URL }, { env }) {
    const { guarantees } = storageDriver({ url: STORAGE_URL, env })
    const { atomicIfAbsent, shared, signedLinks, checksum } = guarantees
    return {
      driver:
        STORAGE_URL !== undefined && typeof readStorageUrl(STORAGE_URL, { AWS_REGION: 'any' }) !== 'string'
          ? 's3'
          : 'disk',
      from: STORAGE_URL === undefined ? undefined : 'STORAGE_URL',
      guarantees: { atomicIfAbsent, shared, signedLinks, checksum },
      unsound: shared
        ? []
        : [
            {
              what: 'objects are in a folder of this machine: no other machine sees them, and they go with its disk',
              remedy: 'Set STORAGE_URL to s3://…, or to file:///folder where one machine and its backups are enough.',
              // Who names a folder has decided so; nobody decides for the one that is made beside the program.
              refused: STORAGE_URL === undefined,
            },
          ],
    }
  },
  open: ({ STORAGE_URL }, { env, clock }) => openStorage({ url: STORAGE_URL, env, clock }),
  kit(storage, { manifest }) {
    if (!declares(manifest, 'storage')) return {}
    return {
      storage: storage === undefined ? elsewhere('storage', manifest.name) : moduleStorage(storage, manifest.name),
    }
  },
  async health(storage) {
    await storage.head('health', { timeoutMs: healthMs })
    return 'ok'
  },
  personal: (storage, { places }) =>
    places.local.flatMap((module) => {
      const prefixes = declaredBy<DeclaredStorage>(module, 'storage')?.personal ?? []
      return prefixes.map((prefix) => personalObjects(module.name, moduleStorage(storage, module.name), prefix))
    }),
  close: (storage) => storage.close(),
})
