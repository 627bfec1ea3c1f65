// A person's objects of one module: those below the prefix that its manifest declares.
import type { PersonalStore } from '../capability/personal-store.ts'
import type { ObjectPage, StoredObject } from './contract/contract.ts'
import type { ModuleStorage } from './module-storage.ts'

const pageSize = 200
const mostPasses = 5

/** The objects below `prefix`, in which `{subject}` stands for the person. */
export function personalObjects(module: string, storage: ModuleStorage, prefix: string): PersonalStore {
  async function* pagesOf(subject: string): AsyncGenerator<ObjectPage> {
    if (!isOneName(subject)) return
    let after: string | undefined
    do {
      const from = after === undefined ? {} : { after }
      const page = await storage.list({ prefix: prefix.replace('{subject}', () => subject), limit: pageSize, ...from })
      yield page
      after = page.next
    } while (after !== undefined)
  }
  return {
    name: `storage of ${module}: ${prefix}`,
    async *export(subject) {
      for await (const { objects } of pagesOf(subject)) {
        for (const { key } of objects) {
          const object = await storage.head(key)
          // One that was deleted between the list and the look is in no export.
          if (object !== undefined) yield JSON.stringify(entryOf(object))
        }
      }
    },
    async erase(subject) {
      let erased = 0
      let left = 0
      // A put that was under way when the person was refused may end behind the first pass.
      for (let pass = 0; pass < mostPasses; pass += 1) {
        left = 0
        for await (const { objects } of pagesOf(subject)) {
          for (const { key } of objects) await storage.delete(key)
          left += objects.length
        }
        if (left === 0) break
        erased += left
      }
      return { erased, left, ...(left === 0 ? {} : { why: 'Something goes on storing objects there; erase again.' }) }
    },
  }
}

// Anything else is no name in a key, or would reach below the objects of somebody else.
function isOneName(subject: string): boolean {
  return /^[A-Za-z0-9._=@,+~()!-]{1,200}$/.test(subject) && !/^\.\.?$/.test(subject)
}

function entryOf({ key, size, contentType, modifiedAt }: StoredObject) {
  return { key, size, contentType, modifiedAt: modifiedAt.toISOString() }
}
