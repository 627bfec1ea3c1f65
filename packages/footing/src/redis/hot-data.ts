// Hot data: values that are read through Redis, loaded once for many callers, and served somehow when Redis is away.
import { randomBytes } from 'node:crypto'
import { type Clock, isFootingError } from '@footing/kernel'
import type { HotData, HotReadOptions, RedisArgument } from './contract/contract.ts'
import { redisErrors } from './contract/errors.ts'
import { LastValues } from './last-values.ts'
import { isAway } from './translate-error.ts'

/** What hot data of one module stand on. */
export interface HotDataOptions {
  readonly module: string
  readonly keyOf: (key: string) => string
  readonly send: (module: string, command: string, args: readonly RedisArgument[]) => Promise<unknown>
  readonly clock: Clock
  readonly largestValue: number
  readonly mostLoads: number
}

/** Longest time that one process holds the right to load, in milliseconds: a process that dies holds nobody up longer. */
const leaseMs = 5000
/** Longest wait for the value that another process loads, and time between two looks. */
const patienceMs = 200
const lookMs = 20

// Looks once more and takes the lease in one step: between a look and a lease another process may have stored and gone.
// What could not be read as JSON is given along, so that it counts as missing.
const findOrLease = `local found = redis.call('get', KEYS[1])
  if found and found ~= ARGV[3] then return {'found', found} end
  if redis.call('set', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {'leased'} end return {'wait'}`

// Stores only while the lease is still ours: a drop in between has taken it away, and what was loaded is from before.
const storeIfLeased = `if redis.call('get', KEYS[2]) == ARGV[1] then
  redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3]); redis.call('del', KEYS[2]); return 1 end return 0`

interface Flight {
  readonly promise: Promise<unknown>
  /** True when the key was dropped while this load was under way. */
  dropped: boolean
}

/** What a look found: a value, something that is none, or nothing. */
type Look<T> = { readonly value: T } | { readonly unreadable?: string }

/** Makes the hot data of a module. */
export function openHotData(options: HotDataOptions): HotData {
  const { module, keyOf, clock, largestValue, mostLoads } = options
  const send = (command: string, ...args: readonly RedisArgument[]) => options.send(module, command, args)
  const flights = new Map<string, Flight>()
  const last = new LastValues()
  let substitutes = 0

  async function readThrough<T>(
    key: string,
    load: () => Promise<T>,
    { ttlMs, whenAway }: HotReadOptions,
    flight: Flight,
  ): Promise<T> {
    const lease = randomBytes(12).toString('base64url')
    let leased: boolean
    try {
      const first = await lookup<T>(key)
      if ('value' in first) return first.value
      const unreadable = first.unreadable ?? ''
      const answer = await send('eval', findOrLease, 2, key, leaseKey(key), lease, leaseMs, unreadable)
      const [word, text] = answer as readonly [string, string?] // what the script above returns
      const second = text === undefined ? undefined : parsed<T>(key, text)
      if (second !== undefined && 'value' in second) return second.value
      leased = word === 'leased'
      const arrived = leased ? undefined : await waitFor<T>(key)
      if (arrived !== undefined) return arrived.value
    } catch (error) {
      if (!isUnavailable(error) || whenAway === 'fail') throw error
      return substitute(key, load, whenAway)
    }
    const value = await load()
    if (leased && !flight.dropped) await store(key, value, ttlMs, lease)
    return value
  }

  async function lookup<T>(key: string): Promise<Look<T>> {
    const text = await send('get', key)
    return typeof text === 'string' ? parsed<T>(key, text) : {}
  }

  function parsed<T>(key: string, text: string): Look<T> {
    try {
      // What was stored under this key was a T; whoever changes T changes the key.
      const value = JSON.parse(text) as T
      last.keep(key, text)
      return { value }
    } catch {
      // Not ours, or cut off: as good as nothing, and overwritten by what is loaded now.
      return { unreadable: text }
    }
  }

  async function waitFor<T>(key: string): Promise<{ readonly value: T } | undefined> {
    for (let waited = 0; waited < patienceMs; waited += lookMs) {
      await clock.sleep(lookMs)
      const found = await lookup<T>(key)
      if ('value' in found) return found
    }
    return undefined
  }

  async function store(key: string, value: unknown, ttlMs: number, lease: string): Promise<void> {
    const text = JSON.stringify(value)
    // Undefined is not JSON, and what is too large is dearer to fetch from Redis than it is to load.
    if (text === undefined || Buffer.byteLength(text) > largestValue) return
    last.keep(key, text)
    // The value is there already; that it could not be kept is no reason to fail.
    await send('eval', storeIfLeased, 2, key, leaseKey(key), lease, text, ttlMs).catch(() => undefined)
  }

  async function substitute<T>(key: string, load: () => Promise<T>, whenAway: 'load' | 'stale'): Promise<T> {
    const old = whenAway === 'stale' ? last.find(key) : undefined
    // It was a T when it was stored.
    if (old !== undefined) return JSON.parse(old) as T
    if (substitutes >= mostLoads) throw redisErrors('redis-loads-exceeded', { details: { running: substitutes } })
    substitutes += 1
    try {
      const value = await load()
      const text = JSON.stringify(value)
      if (text !== undefined && Buffer.byteLength(text) <= largestValue) last.keep(key, text)
      return value
    } finally {
      substitutes -= 1
    }
  }

  return {
    async read<T>(key: string, load: () => Promise<T>, options: HotReadOptions): Promise<T> {
      verifyTime(options.ttlMs)
      const whole = keyOf(key)
      const known = flights.get(whole)
      // Everybody who asks for one key meanwhile asked for the same type.
      if (known !== undefined) return known.promise as Promise<T>
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const flight: Flight = { promise, dropped: false }
      flights.set(whole, flight)
      readThrough(whole, load, options, flight)
        .finally(() => {
          if (flights.get(whole) === flight) flights.delete(whole)
        })
        .then(resolve, reject)
      return promise
    },

    async write(key, value, { ttlMs }) {
      verifyTime(ttlMs)
      const whole = keyOf(key)
      const text = JSON.stringify(value)
      if (text === undefined) throw new TypeError('undefined cannot be stored; use null or drop the key')
      const bytes = Buffer.byteLength(text)
      if (bytes > largestValue) throw redisErrors('redis-value-too-large', { details: { bytes, most: largestValue } })
      forget(whole)
      await send('set', whole, text, 'PX', ttlMs)
      last.keep(whole, text)
    },

    async drop(key, { whenAway = 'fail' } = {}) {
      const whole = keyOf(key)
      forget(whole)
      try {
        await send('del', whole, leaseKey(whole))
      } catch (error) {
        if (whenAway === 'fail' || !isUnavailable(error)) throw error
      }
    },
  }

  // Whoever asks from now on must not get what is being loaded from before.
  function forget(key: string): void {
    const flight = flights.get(key)
    if (flight !== undefined) flight.dropped = true
    flights.delete(key)
    last.forget(key)
  }
}

function leaseKey(key: string): string {
  return `${key}:lease`
}

function isUnavailable(error: unknown): boolean {
  return isAway(error) || isFootingError(error, 'redis-overloaded') || isFootingError(error, 'redis-full')
}

function verifyTime(ttlMs: number): void {
  if (!Number.isInteger(ttlMs) || ttlMs < 1)
    throw new RangeError(`ttlMs is a whole number of milliseconds from 1, not ${ttlMs}`)
}
