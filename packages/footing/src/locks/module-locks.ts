// The locks of one module: taken, extended while the work runs, given back, and checked where it counts.
import { randomUUID } from 'node:crypto'
import type { Clock } from '@footing/kernel'
import type { Transaction } from '../data/contract/contract.ts'
import { milliseconds } from '../work/duration.ts'
import type { HeldLock, LockOptions, LockStore, ModuleLocks } from './contract/contract.ts'
import { lockErrors } from './contract/errors.ts'

const defaultTtl = '30s'
const shortestTtlMs = 1000
/** First and longest pause between two tries, in milliseconds. */
const pauses = { first: 20, longest: 1000 }

/** What the locks of a module stand on. */
export interface LockedBy {
  readonly store: LockStore
  readonly clock: Clock
  /** Aborts when the caller does not wait any longer. */
  readonly callerSignal: () => AbortSignal | undefined
}

/** Binds locks to a module's own keys. */
export function moduleLocks(module: string, by: LockedBy): ModuleLocks {
  return {
    async run(key, work, options = {}) {
      const whole = wholeKey(module, key)
      const ttlMs = ttlOf(options)
      const holder = randomUUID()
      const signal = by.callerSignal()
      const token = await acquire(by, { key, whole, holder, ttlMs, waitMs: options.wait, signal })
      const keeping = new KeptLock(by, whole, holder, ttlMs, signal)
      try {
        const result = await work({ token, signal: keeping.signal } satisfies HeldLock)
        if (keeping.lost) throw lockErrors('lock-lost', { details: { key } })
        return result
      } finally {
        await keeping.end()
      }
    },
    async fenced(tx, key, token) {
      const whole = wholeKey(module, key)
      // Every transaction of `database.transaction` has it.
      const { query } = tx as Transaction<unknown>
      const rows = await query.call(
        tx,
        `insert into footing_locks.fence as f (key, token) values ($1, $2)
         on conflict (key) do update set token = excluded.token where f.token <= excluded.token returning 1`,
        [whole, token],
      )
      if (rows.length === 0) throw lockErrors('lock-stale', { details: { key } })
    },
  }
}

interface Wanted {
  readonly key: string
  readonly whole: string
  readonly holder: string
  readonly ttlMs: number
  readonly waitMs: LockOptions['wait']
  readonly signal: AbortSignal | undefined
}

/** @throws `lock-taken`, `locks-away`, the reason of the caller's signal */
async function acquire({ store, clock }: LockedBy, wanted: Wanted): Promise<number> {
  const { key, whole, holder, ttlMs, signal } = wanted
  const until = clock.monotonic() + (wanted.waitMs === undefined ? 0 : milliseconds(wanted.waitMs))
  for (let pause = pauses.first; ; pause = Math.min(pauses.longest, pause * 2)) {
    signal?.throwIfAborted()
    const token = await store.acquire(whole, holder, ttlMs).catch((cause: unknown) => {
      throw lockErrors('locks-away', { details: { key }, cause })
    })
    if (token !== undefined) return token
    const left = until - clock.monotonic()
    if (left <= 0) throw lockErrors('lock-taken', { details: { key } })
    // With jitter, so that many who wait do not come at once.
    await clock.sleep(Math.min(left, pause * (0.5 + Math.random())), signal)
  }
}

/** A lock while the work runs. */
class KeptLock {
  readonly #by: LockedBy
  readonly #key: string
  readonly #holder: string
  readonly #ttlMs: number
  readonly #over = new AbortController()
  readonly #caller: AbortSignal | undefined
  readonly #onCaller = () => this.#over.abort(this.#caller?.reason)
  #heldUntil: number
  #timer: { cancel(): void }
  #ended = false
  lost = false

  constructor(by: LockedBy, key: string, holder: string, ttlMs: number, caller: AbortSignal | undefined) {
    this.#by = by
    this.#key = key
    this.#holder = holder
    this.#ttlMs = ttlMs
    this.#caller = caller
    caller?.addEventListener('abort', this.#onCaller, { once: true })
    // The store counts from when it answered, which was before.
    this.#heldUntil = by.clock.monotonic() + ttlMs
    this.#timer = this.#next()
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** Stops extending and gives the lock back; a store that does not answer frees it by itself. */
  async end(): Promise<void> {
    this.#ended = true
    this.#timer.cancel()
    this.#caller?.removeEventListener('abort', this.#onCaller)
    this.#over.abort()
    if (!this.lost) await this.#by.store.release(this.#key, this.#holder).catch(() => undefined)
  }

  #next(): { cancel(): void } {
    return this.#by.clock.after(this.#ttlMs / 3, () => void this.#extend())
  }

  async #extend(): Promise<void> {
    const asked = this.#by.clock.monotonic()
    const extended = await this.#by.store
      .extend(this.#key, this.#holder, this.#ttlMs)
      // One that did not answer may answer the next time, as long as the lock still lives.
      .catch(() => asked < this.#heldUntil && undefined)
    if (this.#ended) return
    if (extended === true) this.#heldUntil = asked + this.#ttlMs
    if (extended === false || this.#by.clock.monotonic() >= this.#heldUntil) {
      this.lost = true
      this.#over.abort(lockErrors('lock-lost', { details: { key: this.#key.slice(this.#key.indexOf('.') + 1) } }))
      return
    }
    this.#timer = this.#next()
  }
}

/** @throws `lock-key-invalid` */
function wholeKey(module: string, key: string): string {
  const refuse = (fault: string) => lockErrors('lock-key-invalid', { details: { fault } })
  if (typeof key !== 'string' || key === '') throw refuse('it is empty.')
  if (!key.isWellFormed() || /\p{Cc}/u.test(key)) throw refuse('it is no well-formed text, or has control characters.')
  const bytes = Buffer.byteLength(key)
  if (bytes > 200) throw refuse(`it has ${bytes} bytes.`)
  return `${module}.${key}`
}

function ttlOf({ ttl = defaultTtl }: LockOptions): number {
  const ttlMs = milliseconds(ttl)
  if (ttlMs < shortestTtlMs)
    throw new TypeError('The ttl of a lock is at least 1 s: a shorter one is lost at every pause.')
  return ttlMs
}
