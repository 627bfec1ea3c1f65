// Many calls to others under one deadline: so many at a time, in order, all or what there is.
import { isFootingError } from '@footing/kernel'
import pMap from 'p-map'
import { currentContext } from '../../work/call-context.ts'
import { type Duration, milliseconds } from '../../work/duration.ts'
import { fanOutErrors } from './errors.ts'

/** How it is done. */
export interface FanOutOptions {
  /** Most calls at a time. Default 8: more is rarely faster for the one who asks, and always harder on the one who answers. */
  readonly concurrency?: number
  /** For all of them together; the deadline of the context wins when it is nearer. */
  readonly deadline?: Duration
  readonly signal?: AbortSignal
  /** True: answers with an outcome for every item. False, the default: the first error ends all. */
  readonly partial?: boolean
}

/** How one item went. */
export type Outcome<Item, Value> =
  | { readonly item: Item; readonly ok: true; readonly value: Value }
  | { readonly item: Item; readonly ok: false; readonly error: unknown }

/** Asks for one item; `signal` aborts when its answer is not wanted any more. */
export type FanOutWork<Item, Value> = (item: Item, signal: AbortSignal, index: number) => Promise<Value>

const defaultConcurrency = 8

/**
 * Calls `work` for every item, at most `concurrency` at a time, and answers in the order of the items. Items may come from
 * an async iterable, which is read no faster than the calls go. When it ends early the signal of the calls under way is
 * aborted, and nothing more is read.
 * @throws the first error without `partial`; an iterable's own error always; `fan-out-late` when the deadline passes
 */
export function fanOut<Item, Value>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: FanOutWork<Item, Value>,
  options: FanOutOptions & { readonly partial: true },
): Promise<readonly Outcome<Item, Value>[]>
export function fanOut<Item, Value>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: FanOutWork<Item, Value>,
  options?: FanOutOptions & { readonly partial?: false },
): Promise<readonly Value[]>
export async function fanOut<Item, Value>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: FanOutWork<Item, Value>,
  options: FanOutOptions = {},
): Promise<readonly Value[] | readonly Outcome<Item, Value>[]> {
  const limit = beginLimit(options)
  const source = new Source(items)
  try {
    const answers =
      options.partial === true
        ? await allOutcomes(source.read(), work, options, limit.signal)
        : await allValues(source.read(), work, options, limit.signal)
    source.throwIfFailed()
    return answers
  } finally {
    limit.end()
  }
}

/**
 * Reads the items and keeps the error that they end with. The library reads ahead, and of an iterable that fails with one
 * read and is done with the next it would take the end for the whole.
 */
class Source<Item> {
  readonly #items: Iterable<Item> | AsyncIterable<Item>
  #failure: { readonly error: unknown } | undefined

  constructor(items: Iterable<Item> | AsyncIterable<Item>) {
    this.#items = items
  }

  async *read(): AsyncGenerator<Item> {
    try {
      for await (const item of this.#items) yield item
    } catch (error) {
      this.#failure = { error }
    }
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

async function allValues<Item, Value>(
  items: AsyncIterable<Item>,
  work: FanOutWork<Item, Value>,
  { concurrency = defaultConcurrency }: FanOutOptions,
  signal: AbortSignal,
): Promise<readonly Value[]> {
  signal.throwIfAborted()
  return pMap(items, (item, index) => work(item, signal, index), { concurrency, signal })
}

async function allOutcomes<Item, Value>(
  items: AsyncIterable<Item>,
  work: FanOutWork<Item, Value>,
  { concurrency = defaultConcurrency }: FanOutOptions,
  signal: AbortSignal,
): Promise<readonly Outcome<Item, Value>[]> {
  const ask = async (item: Item, index: number): Promise<Outcome<Item, Value>> => {
    try {
      return { item, ok: true, value: await untilAborted(work, item, signal, index) }
    } catch (error) {
      return { item, ok: false, error }
    }
  }
  return pMap(items, ask, { concurrency })
}

/** The call's answer, or the reason of the abort when that comes first, so that one that does not listen holds up nobody. */
function untilAborted<Item, Value>(
  work: FanOutWork<Item, Value>,
  item: Item,
  signal: AbortSignal,
  index: number,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    // An async function, so that one that throws at once is caught like any other.
    const answer = async () => work(item, signal, index)
    answer()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp))
  })
}

interface Limit {
  readonly signal: AbortSignal
  /** Ends the calls that are still under way; without any it changes nothing. */
  end(): void
}

function beginLimit(options: FanOutOptions): Limit {
  const own = new AbortController()
  const context = currentContext()
  const ms = options.deadline === undefined ? undefined : milliseconds(options.deadline)
  const timer =
    ms === undefined ? undefined : setTimeout(() => own.abort(fanOutErrors('fan-out-late', { details: { ms } })), ms)
  timer?.unref()
  const signals = [own.signal, context?.signal, options.signal].filter((signal) => signal !== undefined)
  const joined = AbortSignal.any(signals)
  const signal = new AbortController()
  const pass = () => {
    const { reason } = joined
    signal.abort(isFootingError(reason) ? reason : fanOutErrors('fan-out-cancelled', { cause: reason }))
  }
  if (joined.aborted) pass()
  else joined.addEventListener('abort', pass, { once: true })
  return {
    signal: signal.signal,
    end: () => {
      clearTimeout(timer)
      joined.removeEventListener('abort', pass)
      signal.abort(fanOutErrors('fan-out-cancelled'))
    },
  }
}
