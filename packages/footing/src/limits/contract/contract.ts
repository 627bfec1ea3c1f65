// What limits promise to a module, and what a store of attempts has to do for it.
import type { Duration } from '../../work/duration.ts'

/** What a driver can promise: `guarantees: { limits: ['exact'] }`. */
export const limitGuarantees = ['exact', 'shared', 'survivesRestart'] as const

/** What happens while the store of attempts is away. */
export type WhenAway =
  /** Every attempt is refused with `limits-away`. */
  | 'closed'
  /** Each process counts by itself: an attempt passes when this process alone would let it. */
  | 'per-process'

/** How often something may be tried: `burst` times at once, and one time more each `every`. */
export interface Limit {
  /** Attempts that are free at once. */
  readonly burst: number
  /** After this long one more is free. */
  readonly everyMs: number
  readonly whenAway: WhenAway
}

/** What `limit(…)` takes. */
export interface LimitOptions {
  /** Attempts that are free at once; 1 to 100 000. */
  readonly burst: number
  /** After this long one more is free: `burst: 5, every: '30s'` lets five through and then two a minute. */
  readonly every: Duration
  /** Default `closed`: nobody gets in because a store is away. */
  readonly whenAway?: WhenAway
}

/** One attempt at one limit. */
export interface Attempt {
  /** Made of names and a digest: the store never holds an address or a name of a person. */
  readonly key: string
  readonly burst: number
  readonly everyMs: number
}

/** What a store says of an attempt. */
export type Outcome =
  /** Attempts that are left at once, for each in the order given. */
  | { readonly remaining: readonly number[] }
  /** Which one refused, and after how many milliseconds it would not. */
  | { readonly refused: number; readonly retryAfterMs: number }

/** Counts attempts for all processes, by its own clock. */
export interface LimitStore {
  readonly name: string
  /** Takes all of these attempts, or none of them. */
  take(attempts: readonly Attempt[]): Promise<Outcome>
  /** Gives attempts back, for example those of a password that was right. */
  giveBack(attempts: readonly Attempt[]): Promise<void>
}

/** An attempt that was let through. */
export interface Taken {
  /** Attempts that are left at once, by limit. */
  readonly remaining: Readonly<Record<string, number>>
  /** Gives the attempt back. Safe to call twice. */
  giveBack(): Promise<void>
}

/** The limits of one module. */
export interface ModuleLimits<Name extends string = string> {
  /**
   * Takes an attempt before it is made: `take({ account: mail, address })` takes one of each limit, or none when any of them
   * refuses. Keys are any text; the store holds a digest.
   * @throws `limit-exceeded` with the time until the next one, `limits-away`
   */
  take(keys: Partial<Readonly<Record<Name, string>>>): Promise<Taken>
}
