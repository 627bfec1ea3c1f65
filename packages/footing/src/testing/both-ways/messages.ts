// What a test and the process of its placed module tell each other, over the channel between parent and child.
import type { QueryRecord } from '../../data/contract/contract.ts'
import type { TestDataPlace } from '../counted-data/open-test-data.ts'
import type { RehearsalPlan } from './rehearsal-notes.ts'

/** The first message: what to start. */
export interface ModuleOrder {
  readonly kind: 'start'
  /** URL of the file that exports the application. */
  readonly entry: string
  readonly module: string
  /** Names of the modules of the test's application, to notice when the file exports another one. */
  readonly modules: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly data: TestDataPlace
  /** Time of the test's own clock; null when it has the system's. */
  readonly now: number | null
  /** Disturbs the calls that the module makes. */
  readonly rehearsal?: RehearsalPlan
}

/** From the test. */
export type ToModule =
  | ModuleOrder
  | { readonly kind: 'counted'; readonly id: number }
  | { readonly kind: 'time'; readonly id: number; readonly now: number }
  | { readonly kind: 'stop' }

/** To the test. */
export type FromModule =
  | { readonly kind: 'ready'; readonly port: number }
  /** `error` is a coded error as JSON, when it was one. */
  | { readonly kind: 'failed'; readonly message: string; readonly error: unknown }
  | { readonly kind: 'queries'; readonly id: number; readonly queries: readonly RoutedQuery[] }
  | { readonly kind: 'moved'; readonly id: number }

/** A statement with the route that asked for it. */
export interface RoutedQuery extends QueryRecord {
  readonly route: string
}
