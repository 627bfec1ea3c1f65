// Chooses the driver by the scheme of a URL, so that an application changes it without a line of code.
import { systemClock } from '@footing/kernel'
import type { Search, SearchDriver } from './contract.ts'
import { elasticsearchDriver } from './drivers/elasticsearch.ts'
import { readElasticsearchTarget } from './drivers/elasticsearch-target.ts'
import { postgresDriver } from './drivers/postgres.ts'
import { searchError } from './errors.ts'
import { type SearchLimits, searchOn } from './search.ts'

/** How search is opened. */
export interface SearchOptions extends SearchLimits {
  /** Value of SEARCH_URL: `elasticsearch://user:secret@host:9200/prefix`. Left out or empty: PostgreSQL. */
  readonly url?: string | undefined
  /** Between 0 and 1, for pauses between attempts. Default `Math.random`. */
  readonly random?: () => number
}

/**
 * Opens search; nothing is read, written or connected before the first call.
 * @throws `search-url-invalid`
 */
export function openSearch(options: SearchOptions = {}): Search {
  return searchOn(driverFor(options), options)
}

function driverFor({ url: text, clock = systemClock, random = Math.random }: SearchOptions): SearchDriver {
  if (text === undefined || text === '') return postgresDriver(clock)
  // The text may hold a secret, so that no message repeats it.
  if (!URL.canParse(text)) throw searchError('search-url-invalid', { reason: 'it is not a URL.' })
  const url = new URL(text)
  if (url.protocol === 'elasticsearch:') return elasticsearchDriver(readElasticsearchTarget(url), { clock, random })
  throw searchError('search-url-invalid', { reason: `there is no driver for ${url.protocol.slice(0, 20)}//.` })
}
