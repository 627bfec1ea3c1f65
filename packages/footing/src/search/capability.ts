// Search as a capability: full text of PostgreSQL, or a search server, opened when a module has an index.
import { setTimeout as delay } from 'node:timers/promises'
import { type Capability, defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import type { Database } from '../data/contract/contract.ts'
import { schemaOf } from '../data/contract/schema-name.ts'
import { optionalSetting } from '../module/setting.ts'
import { readableBy } from '../module/text-schema.ts'
import { declaredBy } from '../module/use.ts'
import type { Search, SearchIndex } from './contract/contract.ts'
import { moduleSearch } from './module-search.ts'
import { openSearch, readSearchUrl, searchDriver } from './open-search.ts'
import { personalDocuments } from './personal-documents.ts'
import type { SearchIndexes } from './use-search.ts'

const settings = {
  SEARCH_URL: optionalSetting({
    schema: readableBy(readSearchUrl),
    secret: true,
    summary: 'a search server, elasticsearch://user:secret@host:9200/prefix; PostgreSQL when it is not set',
  }),
} as const

interface OpenSearch {
  readonly search: Search
  /** The handle of a module. */
  databaseOf(module: string): Database<unknown>
}

/** Indexes of modules; `uses: [search({ … })]` gives `kit.search`. */
export const searchCapability: Capability<typeof settings, OpenSearch> = defineCapability<typeof settings, OpenSearch>({
  name: 'search',
  summary: 'texts of the modules, found by their words, in PostgreSQL or a search server',
  settings,
  guarantees: ['transactional', 'readAfterWrite', 'typoTolerant', 'exactTotal'],
  needs: ({ env }) => (env.SEARCH_URL || env.SEARCH_URL_FILE ? [] : ['data']),
  driver: ({ SEARCH_URL }, { clock }) => ({
    driver: SEARCH_URL === undefined ? 'postgresql' : 'elasticsearch',
    from: SEARCH_URL === undefined ? undefined : 'SEARCH_URL',
    guarantees: { ...searchDriver({ url: SEARCH_URL, clock }).guarantees },
  }),
  open({ SEARCH_URL }, process) {
    const data = process.opened(dataCapability)
    return {
      search: openSearch({ url: SEARCH_URL, clock: process.clock }),
      databaseOf: (module) => data?.forModule<unknown>(module) ?? schemaOnly(module),
    }
  },
  kit(open, { manifest }) {
    const indexes = declaredBy<SearchIndexes>(manifest, 'search')
    if (indexes === undefined) return {}
    if (open === undefined) return { search: elsewhere('search', manifest.name) }
    return { search: moduleSearch(open.search, open.databaseOf(manifest.name), indexes) }
  },
  async health({ search }) {
    await search.ping()
    return 'ok'
  },
  gauges: ({ search }) => [
    { name: 'footing_search_running', help: 'Calls of search under way.', value: search.stats.running },
    {
      name: 'footing_search_lost_total',
      help: 'Documents that no search server took after the commit.',
      value: search.stats.lost,
      type: 'counter',
    },
  ],
  personal: ({ search, databaseOf }, { places, clock }) =>
    places.local.flatMap((module) => {
      const indexes = declaredBy<SearchIndexes>(module, 'search') ?? {}
      const handles = moduleSearch(search, databaseOf(module.name), indexes)
      return Object.entries(indexes).flatMap(([called, index]) => {
        const handle = handles[called]
        return isPersonal(index) && handle !== undefined
          ? [personalDocuments({ module: module.name, called, clock }, index, handle)]
          : []
      })
    }),
  drain: async ({ search }, deadlineMs) => {
    const late = new AbortController()
    const waited = delay(deadlineMs, undefined, { signal: late.signal }).catch(() => undefined)
    await Promise.race([search.settled(), waited])
    late.abort()
  },
  close: ({ search }) => search.close(),
})

function isPersonal(index: SearchIndex): index is SearchIndex & { readonly personal: string } {
  return index.personal !== undefined
}

// A search server is asked without the database: of the handle it needs the name of the schema.
function schemaOnly(module: string): Database<unknown> {
  return { schema: schemaOf(module) } as Database<unknown>
}
