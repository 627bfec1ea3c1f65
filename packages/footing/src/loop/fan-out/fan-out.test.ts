// Many calls at once: bounded, in order, all or what there is, ended together.
import { systemClock } from '@footing/kernel'
import { expect, expectTypeOf, test } from 'vitest'
import { CallContext, newOrigin } from '../../work/call-context.ts'
import { DeadlineWheel } from '../../work/deadline-wheel.ts'
import { runWork } from '../../work/run-work.ts'
import { fanOut, type Outcome } from './index.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

test('keeps the order, whoever ends first, and no more run than allowed', async () => {
  let running = 0
  let most = 0
  const values = await fanOut(
    Array.from({ length: 50 }, (_, index) => index),
    async (item) => {
      running++
      most = Math.max(most, running)
      for (let turns = 0; turns < item % 5; turns++) await turn()
      running--
      return item * 2
    },
    { concurrency: 4 },
  )
  expect(values).toEqual(Array.from({ length: 50 }, (_, index) => index * 2))
  expect(most).toBe(4)
  expectTypeOf(values).toEqualTypeOf<readonly number[]>()
})

test('the first error ends the rest: nothing more begins, and what runs is told', async () => {
  const begun: number[] = []
  const told: unknown[] = []
  const failing = fanOut(
    [0, 1, 2, 3, 4, 5],
    async (item, signal) => {
      begun.push(item)
      if (item === 1) {
        await turn()
        throw new Error('one is broken')
      }
      await untilAborted(signal).catch((reason: unknown) => told.push(reason))
    },
    { concurrency: 3 },
  )
  await expect(failing).rejects.toThrow('one is broken')
  await turn()
  expect(begun).toEqual([0, 1, 2])
  expect(told).toMatchObject([{ code: 'fan-out-cancelled' }, { code: 'fan-out-cancelled' }])
})

test('partial: every item has its outcome', async () => {
  const outcomes = await fanOut(
    ['a', 'b', 'c'],
    (item) => {
      if (item === 'b') throw new Error('at once')
      return item === 'c' ? Promise.reject(new Error('later')) : Promise.resolve(item.length)
    },
    { partial: true },
  )
  expect(outcomes).toMatchObject([
    { item: 'a', ok: true, value: 1 },
    { item: 'b', ok: false, error: { message: 'at once' } },
    { item: 'c', ok: false, error: { message: 'later' } },
  ])
  expectTypeOf(outcomes).toEqualTypeOf<readonly Outcome<string, number>[]>()
})

test('partial: the deadline ends what is late, also what does not listen and what has not begun', async () => {
  const begun: number[] = []
  const outcomes = await fanOut(
    [0, 1, 2, 3],
    (item) => {
      begun.push(item)
      return item === 0 ? Promise.resolve('quick') : new Promise<string>(() => undefined)
    },
    { partial: true, deadline: 40, concurrency: 2 },
  )
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, false])
  expect(outcomes.slice(1)).toMatchObject([1, 2, 3].map((item) => ({ item, error: { code: 'fan-out-late' } })))
  expect(begun).toEqual([0, 1, 2])
})

test('without partial the deadline is an error', async () => {
  const late = fanOut([1], () => new Promise<never>(() => undefined), { deadline: 20 })
  await expect(late).rejects.toMatchObject({ code: 'fan-out-late', status: 504 })
})

test('the deadline of the context ends it too', async () => {
  const environment = { clock: systemClock, wheel: new DeadlineWheel(systemClock), checked: false }
  const now = systemClock.monotonic()
  const context = new CallContext(systemClock, undefined, newOrigin(), 'shop', 'report', now, now + 40)
  let inner: Promise<unknown> | undefined
  const outer = runWork(
    environment,
    context,
    () => {
      inner = fanOut([1, 2], (_item, signal) => untilAborted(signal), { partial: true })
      return inner
    },
    undefined,
  )
  await expect(outer).rejects.toMatchObject({ code: 'deadline-exceeded' })
  expect(await inner).toMatchObject([
    { error: { code: 'deadline-exceeded' } },
    { error: { code: 'deadline-exceeded' } },
  ])
})

test('an async iterable is read no faster than the calls go, and closed when it ends early', async () => {
  let read = 0
  let closed = false
  async function* endless() {
    try {
      for (;;) yield read++
    } finally {
      closed = true
    }
  }
  const failing = fanOut(
    endless(),
    async (item) => {
      await turn()
      if (item === 20) throw new Error('enough')
      expect(read - item).toBeLessThanOrEqual(5)
    },
    { concurrency: 4 },
  )
  await expect(failing).rejects.toThrow('enough')
  await turn()
  expect(read).toBeLessThan(30)
  expect(closed).toBe(true)
})

test('an iterable that fails is an error in both ways', async () => {
  async function* broken() {
    yield 1
    throw new Error('the source broke')
  }
  await expect(fanOut(broken(), async (item) => item)).rejects.toThrow('the source broke')
  await expect(fanOut(broken(), async (item) => item, { partial: true })).rejects.toThrow('the source broke')
})

test('nothing to do, a signal that is aborted before, and a wrong concurrency', async () => {
  expect(await fanOut([], async () => 1)).toEqual([])
  const begun: number[] = []
  const aborted = { signal: AbortSignal.abort(new Error('gone')) }
  await expect(fanOut([1], async (item) => begun.push(item), aborted)).rejects.toMatchObject({
    code: 'fan-out-cancelled',
  })
  expect(await fanOut([1], async (item) => begun.push(item), { ...aborted, partial: true })).toMatchObject([
    { ok: false },
  ])
  expect(begun).toEqual([])
  await expect(fanOut([1], async () => 1, { concurrency: 0 })).rejects.toThrow(TypeError)
})
