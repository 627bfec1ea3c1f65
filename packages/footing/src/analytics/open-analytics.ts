// Chooses the store by the scheme of a URL, so that an application changes it without a line of code.
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { analyticsOn } from './analytics.ts'
import type { AnalyticsLimits } from './analytics-limits.ts'
import type { Analytics, AnalyticsDriver } from './contract.ts'
import { clickhouseAnalytics } from './drivers/clickhouse.ts'
import { readClickhouseTarget } from './drivers/clickhouse-target.ts'
import { postgresAnalytics } from './drivers/postgres.ts'
import { analyticsError } from './errors.ts'
import type { PartUnit } from './part-period.ts'

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
 * @throws `analytics-url-invalid`, `analytics-option-invalid`, `analytics-guarantee-missing`
 */
export function openAnalytics(options: AnalyticsOptions): Analytics {
  return analyticsOn(driverFor(options), options)
}

function driverFor({ url: text, data, part = 'month', clock }: AnalyticsOptions): AnalyticsDriver {
  const now = () => clock?.now() ?? Date.now()
  if (part !== 'day' && part !== 'month') {
    throw analyticsError('analytics-option-invalid', { reason: 'part is neither day nor month.' })
  }
  if (text === undefined || text === '') {
    if (data === undefined)
      throw analyticsError('analytics-option-invalid', { reason: 'neither url nor data is given.' })
    return postgresAnalytics({ data, part, now, close: async () => undefined })
  }
  // The text may hold a secret, so that no message repeats it.
  if (!URL.canParse(text)) throw analyticsError('analytics-url-invalid', { reason: 'it is not a URL.' })
  const url = new URL(text)
  if (url.protocol === 'clickhouse:' || url.protocol === 'clickhouses:') {
    return clickhouseAnalytics(readClickhouseTarget(url), part)
  }
  if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') {
    const own = openDataSource({ url: text, poolSize: 3, applicationName: 'footing-analytics' })
    return postgresAnalytics({ data: own, part, now, close: () => own.close() })
  }
  throw analyticsError('analytics-url-invalid', { reason: `${url.protocol} is none of postgres:, clickhouse:.` })
}
