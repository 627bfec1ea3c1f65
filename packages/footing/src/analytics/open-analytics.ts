// Chooses the store by the scheme of a URL, so that an application changes it without a line of code.
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { analyticsOn } from './analytics.ts'
import type { AnalyticsLimits } from './analytics-limits.ts'
import type { Analytics, AnalyticsDriver } from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'
import type { PartUnit } from './contract/part-period.ts'
import { clickhouseAnalytics } from './drivers/clickhouse.ts'
import { type ClickhouseTarget, readClickhouseTarget } from './drivers/clickhouse-target.ts'
import { postgresAnalytics } from './drivers/postgres.ts'

/** How analytics is opened. */
export interface AnalyticsOptions extends AnalyticsLimits {
  /** Value of ANALYTICS_URL: `postgres://…`, `clickhouse://user:secret@host:8123/database`. Left out or empty, `data` is used. */
  readonly url?: string | undefined
  /** The connections of the application. */
  readonly data?: DataSource
  /** What tables are divided by, for as long as they live. Default `month`; `day` from some ten million events a month on. */
  readonly part?: PartUnit
}

/**
 * Opens analytics; nothing is connected or created before the first event or question.
 * @throws `analytics-url-invalid`, `analytics-option-invalid`
 */
export function openAnalytics(options: AnalyticsOptions): Analytics {
  return analyticsOn(analyticsDriver(options), options)
}

/**
 * The driver that the options choose.
 * @throws `analytics-url-invalid`, `analytics-option-invalid`
 */
function analyticsDriver({ url, data, part = 'month', clock }: Omit<AnalyticsOptions, 'events'>): AnalyticsDriver {
  const now = () => clock?.now() ?? Date.now()
  if (part !== 'day' && part !== 'month') {
    throw analyticsError('analytics-option-invalid', { reason: 'part is neither day nor month.' })
  }
  if (url === undefined || url === '') {
    if (data === undefined)
      throw analyticsError('analytics-option-invalid', { reason: 'neither url nor data is given.' })
    return postgresAnalytics({ data, part, now, shared: true, close: async () => undefined })
  }
  const place = readAnalyticsUrl(url)
  if (place !== 'postgresql') return clickhouseAnalytics(place, part)
  const own = openDataSource({ url, poolSize: 3, applicationName: 'footing-analytics' })
  return postgresAnalytics({ data: own, part, now, shared: false, close: () => own.close() })
}

/**
 * Reads the value of ANALYTICS_URL: another PostgreSQL, or a ClickHouse.
 * @throws `analytics-url-invalid`, which never repeats the text: it may hold a secret
 */
export function readAnalyticsUrl(text: string): 'postgresql' | ClickhouseTarget {
  if (!URL.canParse(text)) throw analyticsError('analytics-url-invalid', { reason: 'it is not a URL.' })
  const url = new URL(text)
  if (url.protocol === 'clickhouse:' || url.protocol === 'clickhouses:') return readClickhouseTarget(url)
  if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') return 'postgresql'
  throw analyticsError('analytics-url-invalid', { reason: `${url.protocol} is none of postgres:, clickhouse:.` })
}
