// Chooses the driver by the scheme of a URL, so that an application changes it without a line of code.
import { systemClock } from '@footing/kernel'
import type { Search, SearchDriver } from './contract/contract.ts'
import { searchError } from './contract/errors.ts'
import { elasticsearchDriver } from './drivers/elasticsearch.ts'
import { type ElasticsearchTarget, readElasticsearchTarget } from './drivers/elasticsearch-target.ts'
import { postgresDriver } from './drivers/postgres.ts'
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
  return searchOn(searchDriver(options), options)
}

/**
 * The driver that the options choose.
 * @throws `search-url-invalid`
 */
export function searchDriver({ url, clock = systemClock, random = Math.random }: SearchOptions): SearchDriver {
  if (url === undefined || url === '') return postgresDriver(clock)
  return elasticsearchDriver(readSearchUrl(url), { clock, random })
}

/**
 * Reads the value of SEARCH_URL.
 * @throws `search-url-invalid`, which never repeats the text: it may hold a secret
 */
export function readSearchUrl(text: string): ElasticsearchTarget {
  if (!URL.canParse(text)) throw searchError('search-url-invalid', { reason: 'it is not a URL.' })
  const url = new URL(text)
  if (url.protocol === 'elasticsearch:') return readElasticsearchTarget(url)
  throw searchError('search-url-invalid', { reason: `there is no driver for ${url.protocol.slice(0, 20)}//.` })
}
