// What an application may set of the facade, and what it may not be set to.
import type { Clock } from '@footing/kernel'
import type { EventType } from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'

/** What the facade adds to a driver. */
export interface AnalyticsLimits {
  /** Every event that is tracked or asked for. */
  readonly events: readonly EventType[]
  /** Most events that wait. Default 10,000. */
  readonly maxWaiting?: number
  /** Most memory of what waits, in bytes. Default 16 MiB. */
  readonly maxWaitingBytes?: number
  /** `drop` counts what has no room and goes on; `wait` lets `track` wait for room. Default `drop`. */
  readonly whenFull?: 'drop' | 'wait'
  /** Events of one batch, 1 to 10,000. Default 1000. */
  readonly batchSize?: number
  /** Longest time that an event waits for its batch to fill, in milliseconds. Default 1000. */
  readonly batchAgeMs?: number
  /** Longest time of one attempt to store a batch, in milliseconds. Default 10,000. */
  readonly attemptMs?: number
  /** A batch that could not be stored for so long is lost, in milliseconds. Default 15 minutes, at most 12 hours. */
  readonly giveUpAfterMs?: number
  /** Days that events are kept; older ones are refused, and dropped part by part. Default 400. */
  readonly keepDays?: number
  /** How far a time may be ahead of the clock, in milliseconds. Default 5 minutes. */
  readonly aheadMs?: number
  /** What happens to one that is farther ahead: `clamp` stores it as of now. Default `clamp`. */
  readonly future?: 'clamp' | 'refuse'
  /** Milliseconds between two runs of the upkeep; 0 leaves it to calls of `maintain`. Default one hour. */
  readonly maintainEveryMs?: number
  /** Longest time of closing, in milliseconds. Default 5000. */
  readonly closeMs?: number
  readonly clock?: Clock
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number
}

const day = 86_400_000

/**
 * Refuses what would lose events or leave memory unbounded.
 * @throws `analytics-option-invalid`
 */
export function verifyLimits(limits: AnalyticsLimits): void {
  const within = (option: keyof AnalyticsLimits, least: number, most: number): void => {
    const value = limits[option]
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return
    const reason = `${option} is ${String(value)}; ${least} to ${most} are allowed.`
    throw analyticsError('analytics-option-invalid', { reason })
  }
  within('maxWaiting', 1, 10_000_000)
  within('maxWaitingBytes', 1, 2 ** 34)
  within('batchSize', 1, 10_000)
  within('batchAgeMs', 0, 3_600_000)
  within('attemptMs', 1, 600_000)
  // Tokens are kept for a day: a batch that came after that would count twice.
  within('giveUpAfterMs', 0, 12 * 3_600_000)
  within('keepDays', 1, 36_500)
  within('aheadMs', 0, day)
  within('maintainEveryMs', 0, 30 * day)
  within('closeMs', 0, 600_000)
  const names = limits.events.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw analyticsError('analytics-option-invalid', { reason: `the event ${twice} is declared twice.` })
  }
}
