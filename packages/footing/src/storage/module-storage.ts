// The part of the object storage that belongs to one module: below a prefix that its keys never show.
import type { ListedObject, ObjectStorage, OpenedObject, StoredObject } from './contract/contract.ts'
import { verifyKey, verifyPrefix } from './storage-key.ts'

/** What a module's kit holds. The application closes it, so a module cannot. */
export type ModuleStorage = Omit<ObjectStorage, 'close'>

/** Where the objects of a module are. */
function folderOfModule(module: string): string {
  return `modules/${module}/`
}

/** The storage of one module: `a/b` is another object for each module, and none can name that of another. */
export function moduleStorage(storage: ObjectStorage, module: string): ModuleStorage {
  const folder = folderOfModule(module)
  const inside = (key: string): string => {
    verifyKey(key)
    return folder + key
  }
  const outside = <Listed extends ListedObject>(object: Listed): Listed => ({
    ...object,
    key: object.key.slice(folder.length),
  })
  const opened = ({ object, body }: OpenedObject): OpenedObject => ({ object: outside<StoredObject>(object), body })
  return Object.freeze({
    guarantees: storage.guarantees,
    put: async (key, body, options) => outside(await storage.put(inside(key), body, options)),
    get: async (key, options) => opened(await storage.get(inside(key), options)),
    read: async (key, options) => storage.read(inside(key), options),
    async head(key, options) {
      const found = await storage.head(inside(key), options)
      return found === undefined ? undefined : outside(found)
    },
    async list({ prefix = '', after, ...request } = {}) {
      verifyPrefix(prefix)
      const from = after === undefined ? {} : { after: inside(after) }
      const { objects, next } = await storage.list({ ...request, ...from, prefix: folder + prefix })
      return { objects: objects.map(outside), next: next?.slice(folder.length) }
    },
    delete: async (key, options) => storage.delete(inside(key), options),
    signedLink: async (key, request) => storage.signedLink(inside(key), request),
  } satisfies ModuleStorage)
}
