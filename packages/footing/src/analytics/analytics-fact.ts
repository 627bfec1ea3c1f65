// What happened to events, published for whoever listens: nothing here knows telemetry.
import { channel } from 'node:diagnostics_channel'

/** What is published on the channel: one line for each thing that happened to events. */
export interface AnalyticsFact {
  readonly what: 'stored' | 'failed' | 'lost' | 'dropped' | 'refused' | 'maintained'
  readonly event: string
  /** How many events. */
  readonly count: number
  readonly durationMs?: number
  /** Code of the error, or why it was refused. */
  readonly reason?: string
}

/** Diagnostics channel `footing:analytics`; its messages are `AnalyticsFact`. */
export const analyticsChannel = channel('footing:analytics')

/** Publishes it, where somebody listens. */
export function publish(fact: AnalyticsFact): void {
  if (analyticsChannel.hasSubscribers) analyticsChannel.publish(fact)
}
