// Analytics as a capability: events are counted in PostgreSQL or ClickHouse, opened when a module has some.
import { isFootingError } from '@footing/kernel'
import { defineCapability, type Gauge } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { optionalSetting, setting } from '../module/setting.ts'
import { oneOf, readableBy, wholeNumber } from '../module/text-schema.ts'
import { declaredBy } from '../module/use.ts'
import type { Log } from '../work/log.ts'
import type { Analytics, AnalyticsStats, EventType } from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'
import { clickhouseGuarantees } from './drivers/clickhouse.ts'
import { postgresGuarantees } from './drivers/postgres.ts'
import { moduleAnalytics } from './module-analytics.ts'
import { openAnalytics, readAnalyticsUrl } from './open-analytics.ts'
import { personalEvents } from './personal-events.ts'
import type { AnalyticsEvents } from './use-analytics.ts'

const settings = {
  ANALYTICS_URL: optionalSetting({
    schema: readableBy(readAnalyticsUrl),
    secret: true,
    summary:
      "where events are counted: clickhouse://user:secret@host:8123/database or postgres://…; the application's database when it is not set",
  }),
  ANALYTICS_KEEP_DAYS: setting({
    schema: wholeNumber(1, 36_500),
    default: 400,
    summary: 'days that events are kept',
  }),
  ANALYTICS_PART: setting({
    schema: oneOf(['month', 'day']),
    default: 'month',
    summary: 'what tables of events are divided by, for as long as they live',
  }),
} as const

interface OpenAnalytics {
  readonly analytics: Analytics
  readonly log: Log
}

/** Events of modules; `uses: [analytics({ … })]` gives `kit.analytics`. */
export const analyticsCapability = defineCapability<typeof settings, OpenAnalytics>({
  name: 'analytics',
  summary: 'what happened, counted by time and dimension, in PostgreSQL or ClickHouse',
  settings,
  guarantees: ['durable', 'transactional', 'atomicBatches', 'deduplicated', 'exactQuantiles', 'exactUniques'],
  needs: ({ env }) => (env.ANALYTICS_URL || env.ANALYTICS_URL_FILE ? [] : ['data']),
  driver({ ANALYTICS_URL }) {
    const place = ANALYTICS_URL === undefined ? undefined : readAnalyticsUrl(ANALYTICS_URL)
    const clickhouse = typeof place === 'object'
    return {
      driver: clickhouse ? 'clickhouse' : 'postgresql',
      from: ANALYTICS_URL === undefined ? undefined : 'ANALYTICS_URL',
      guarantees: { ...(clickhouse ? clickhouseGuarantees : postgresGuarantees(place === undefined)) },
    }
  },
  open({ ANALYTICS_URL, ANALYTICS_KEEP_DAYS, ANALYTICS_PART }, process) {
    const { app, places, clock, log } = process
    refuseTwice(app.modules)
    const data = process.opened(dataCapability)
    const analytics = openAnalytics({
      url: ANALYTICS_URL,
      events: places.local.flatMap((module) => Object.values(eventsOf(module))),
      keepDays: ANALYTICS_KEEP_DAYS,
      part: ANALYTICS_PART,
      clock,
      ...(data === undefined ? {} : { data }),
    })
    return { analytics, log }
  },
  kit(open, { manifest }) {
    const events = declaredBy<AnalyticsEvents>(manifest, 'analytics')
    if (events === undefined) return {}
    if (open === undefined) return { analytics: elsewhere('analytics', manifest.name) }
    return { analytics: moduleAnalytics(open.analytics, events) }
  },
  async health({ analytics }) {
    await analytics.ping()
    return 'ok'
  },
  gauges: ({ analytics }) => gaugesOf(analytics.stats),
  personal: ({ analytics }, { places }) =>
    places.local.flatMap((module) =>
      Object.entries(eventsOf(module)).map(([called, event]) => personalEvents(module.name, called, event, analytics)),
    ),
  async drain({ analytics }, deadlineMs) {
    try {
      await analytics.flush({ timeoutMs: deadlineMs })
    } catch (error) {
      // Closing tries once more and says how many are lost.
      if (!isFootingError(error, 'analytics-flush-late')) throw error
    }
  },
  async close({ analytics, log }) {
    const { lost, dropped, lastFailure } = await analytics.close()
    if (lost + dropped > 0) log.warn('events were not stored', { lost, dropped, lastFailure })
  },
})

function eventsOf(module: AnyManifest): AnalyticsEvents {
  return declaredBy<AnalyticsEvents>(module, 'analytics') ?? {}
}

// Of all modules, those in other processes too: they share the store.
function refuseTwice(modules: readonly AnyManifest[]): void {
  const owners = new Map<string, string>()
  for (const module of modules) {
    for (const { name } of Object.values<EventType>(eventsOf(module))) {
      const first = owners.get(name)
      if (first !== undefined) {
        throw analyticsError('analytics-event-twice', { first, second: module.name, event: name })
      }
      owners.set(name, module.name)
    }
  }
}

function gaugesOf({
  accepted,
  stored,
  waiting,
  dropped,
  lost,
  refused,
  failedAttempts,
}: AnalyticsStats): readonly Gauge[] {
  const counter = (name: string, help: string, value: number, labels?: Gauge['labels']): Gauge => ({
    name: `footing_analytics_${name}_total`,
    help,
    value,
    type: 'counter',
    ...(labels === undefined ? {} : { labels }),
  })
  return [
    { name: 'footing_analytics_waiting', help: 'Events that wait to be stored.', value: waiting },
    counter('accepted', 'Events that were taken.', accepted),
    counter('stored', 'Events that were stored.', stored),
    counter('dropped', 'Events for which the buffer had no room.', dropped),
    counter('lost', 'Events that were taken and could not be stored.', lost),
    counter('failed_attempts', 'Attempts to store a batch that failed.', failedAttempts),
    ...Object.entries(refused).map(([reason, value]) =>
      counter('refused', 'Events that no store could hold.', value, { reason }),
    ),
  ]
}
