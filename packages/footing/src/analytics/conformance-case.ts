// Where the cases of a store run, and what they have in common.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { isFootingError, manualClock } from '@footing/kernel'
import type { Transaction } from '../data/contract/contract.ts'
import { analyticsOn } from './analytics.ts'
import type { AnalyticsLimits } from './analytics-limits.ts'
import type { Analytics, AnalyticsDriver, EventType } from './contract/contract.ts'
import { defineEvent } from './define-event.ts'

/** Where a case runs. Event names are new for each case, so that many may run in one store. */
export interface AnalyticsHarness {
  driver(): AnalyticsDriver
  /** Runs work in a transaction of the store's database, where the store guarantees `transactional`. */
  readonly transaction?: <T>(work: (tx: Transaction<unknown>) => Promise<T>) => Promise<T>
}

/** One case. It throws an AssertionError when the store is wrong. */
export interface AnalyticsCase {
  readonly name: string
  run(harness: AnalyticsHarness): Promise<void>
}

/** The time at which cases begin. */
export const start = Date.UTC(2026, 2, 15, 12)
/** In milliseconds. */
export const hour = 3_600_000
/** In milliseconds. */
export const day = 24 * hour

/** An event with each kind of dimension and measure, under a name that nobody else uses. */
export function orderEvent() {
  return defineEvent({
    name: `case_${randomBytes(6).toString('hex')}`,
    dimensions: { country: 'text', items: 'int', trial: 'boolean' },
    measures: { cents: 'int', ms: 'float' },
  })
}

/** A clock that stands still and no upkeep, unless the case says otherwise. */
export function limitsOf(limits: AnalyticsLimits): AnalyticsLimits {
  return { clock: manualClock(start), maintainEveryMs: 0, ...limits }
}

/** Opens, works and closes. */
export async function withAnalytics(
  harness: AnalyticsHarness,
  limits: AnalyticsLimits & { readonly events: readonly EventType[] },
  work: (analytics: Analytics) => Promise<void>,
): Promise<void> {
  const analytics = analyticsOn(harness.driver(), limitsOf(limits))
  try {
    await work(analytics)
  } finally {
    await analytics.close()
  }
}

/** The call fails with this code. */
export async function refused(code: string, call: Promise<unknown>): Promise<void> {
  const outcome = await call.then(
    () => 'it was allowed',
    (error: unknown) => (isFootingError(error) ? error.code : String(error)),
  )
  assert.equal(outcome, code)
}
