// A person's documents of one index: those that its personal filter finds.
import type { Clock } from '@footing/kernel'
import type { PersonalStore } from '../capability/personal-store.ts'
import type { SearchHit, SearchIndex, SearchPage } from './contract/contract.ts'
import { keywordOf } from './filter-value.ts'
import type { ModuleIndex } from './module-search.ts'

/** How often a driver that shows changes a little later is asked again, and after how long. */
const patience = { times: 50, ms: 100 }

/** The documents of `index`, which the module calls `called`. */
export function personalDocuments(
  place: { readonly module: string; readonly called: string; readonly clock: Clock },
  index: SearchIndex & { readonly personal: string },
  handle: ModuleIndex,
): PersonalStore {
  const find = async (subject: string, after?: string): Promise<SearchPage> => {
    // A value that the index would hold in another form is of somebody else, if of anybody.
    if (keywordOf(subject) !== subject) return { hits: [], next: undefined, total: { value: 0, exact: true } }
    return handle.search({
      filters: { [index.personal]: subject },
      limit: 100,
      ...(after === undefined ? {} : { after }),
    })
  }
  return {
    name: `search of ${place.module}: ${place.called}`,
    async *export(subject) {
      let after: string | undefined
      do {
        const page = await find(subject, after)
        for (const { id, version } of page.hits) yield JSON.stringify({ id, version })
        after = page.next
      } while (after !== undefined)
    },
    async erase(subject) {
      let erased = 0
      for (let idle = 0; ; ) {
        const { hits, total } = await find(subject)
        const removable = hits.filter(({ version }) => version < Number.MAX_SAFE_INTEGER)
        const { written } = await handle.remove(removable.map(gone))
        erased += written
        if (hits.length === 0) return { erased, left: 0 }
        if (written > 0) continue
        if (handle.guarantees.readAfterWrite || idle === patience.times) {
          return { erased, left: total.value, why: whyLeft(handle) }
        }
        idle += 1
        await place.clock.sleep(patience.ms)
      }
    },
  }
}

// One above what is there: the removal wins over it, and over the same document when it comes late once more.
function gone({ id, version }: SearchHit) {
  return { id, version: version + 1 }
}

function whyLeft({ guarantees }: ModuleIndex): string {
  if (guarantees.readAfterWrite)
    return 'They have the highest version there is, which nothing can follow; rebuild the index.'
  return 'The search server shows them still; they were removed, or are put anew. Erase again.'
}
