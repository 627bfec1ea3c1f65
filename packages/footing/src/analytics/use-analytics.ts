// What a module's manifest says when it counts events.
import { type Use, use } from '../module/use.ts'
import type { EventType } from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'
import type { ModuleAnalytics } from './module-analytics.ts'

/** Kinds of events by the names that the module calls them. */
export type AnalyticsEvents = Readonly<Record<string, EventType>>

/**
 * Gives the module its events: `uses: [analytics({ viewed: defineEvent({ name: 'content_viewed' }) })]`, then
 * `kit.analytics.viewed`.
 * @throws `analytics-event-invalid`
 */
export function analytics<const Events extends AnalyticsEvents>(
  events: Events,
): Use<'analytics', ModuleAnalytics<Events>, Events> {
  const names = new Set<string>()
  for (const [called, event] of Object.entries<EventType>(events)) {
    const invalid = (reason: string) =>
      analyticsError('analytics-event-invalid', { event: JSON.stringify(called.slice(0, 60)), reason })
    if (typeof event?.erase !== 'string') throw invalid('it was not made by defineEvent(…).')
    if (names.has(event.name)) throw invalid(`another event of the module has the name ${event.name}.`)
    names.add(event.name)
  }
  return use('analytics', Object.freeze({ ...events }))
}
