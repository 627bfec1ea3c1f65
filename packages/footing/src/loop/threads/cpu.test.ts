// Work on threads: many at once, hostile work, errors that cross, deadlines that end what never ends.
import { threadId } from 'node:worker_threads'
import { systemClock } from '@footing/kernel'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { CallContext, newOrigin } from '../../work/call-context.ts'
import { DeadlineWheel } from '../../work/deadline-wheel.ts'
import { cancelledError, runWork } from '../../work/run-work.ts'
import { closeCpu, configureCpu, cpu, cpuState } from './index.ts'

const work = cpu<typeof import('./work.fixture.ts')>(new URL('./work.fixture.ts', import.meta.url))

beforeAll(() => configureCpu({ threads: 2, memoryMb: 64 }))
afterEach(() => configureCpu({ threads: 2, memoryMb: 64 }))
afterAll(() => closeCpu())

test('runs on another thread, a thousand at once', async () => {
  expect(await work.where()).not.toBe(threadId)
  const values = Array.from({ length: 1000 }, (_, index) => index)
  expect(await Promise.all(values.map((value) => work.square(value)))).toEqual(values.map((value) => value * value))
  expect(cpuState()).toMatchObject({ waiting: 0 })
  expect(cpuState()?.threads).toBeLessThanOrEqual(2)
})

test('buffers are handed over when that is asked for, else copied', async () => {
  const copied = new Uint8Array([1, 2, 3])
  expect((await work.sum(copied)).total).toBe(6)
  expect(copied.byteLength).toBe(3)
  const handed = new Uint8Array(1000).fill(1)
  expect((await work.with({ transfer: [handed.buffer] }).sum(handed)).total).toBe(1000)
  expect(handed.byteLength).toBe(0)
})

test('errors cross with name, code, message and the stack of the thread', async () => {
  await expect(work.fail('too far')).rejects.toMatchObject({
    code: 'cpu-work-failed',
    cause: {
      name: 'RangeError',
      message: 'too far',
      code: 'E_RANGE',
      stack: expect.stringContaining('work.fixture.ts'),
    },
  })
  await expect(work.failCoded(3)).rejects.toMatchObject({
    code: 'too-odd',
    status: 422,
    details: { number: 3 },
    stack: expect.stringContaining('work.fixture.ts'),
  })
  await expect(work.failWithText()).rejects.toMatchObject({
    code: 'cpu-work-failed',
    cause: { message: 'only a text' },
  })
})

test('what cannot be sent is refused in both directions, and the next work is done', async () => {
  // A caller without types.
  const untyped = work as unknown as Record<string, (value: unknown) => Promise<unknown>>
  await expect(untyped.square?.(() => 1)).rejects.toMatchObject({ code: 'cpu-not-cloneable' })
  await expect(work.answerWithFunction()).rejects.toMatchObject({ code: 'cpu-not-cloneable' })
  expect(await work.square(3)).toBe(9)
})

test('only functions that the file exports can be called', async () => {
  const untyped = work as unknown as Record<string, () => Promise<unknown>>
  for (const name of ['nothing', 'notAFunction', 'constructor', '__proto__', 'toString', 'default']) {
    await expect(untyped[name]?.()).rejects.toMatchObject({ code: 'cpu-function-missing', details: { name } })
  }
  const nowhere = cpu<{ go(): void }>(new URL('./not-there.ts', import.meta.url))
  await expect(nowhere.go()).rejects.toMatchObject({ code: 'cpu-work-failed' })
  expect(await Promise.resolve(work)).toBe(work)
})

test('a function or a foreign address is refused before anything runs', () => {
  // @ts-expect-error a function cannot be sent
  expect(() => cpu(() => 1)).toThrow(expect.objectContaining({ code: 'cpu-not-a-file' }))
  // @ts-expect-error a text is no URL
  expect(() => cpu('./work.ts')).toThrow(expect.objectContaining({ code: 'cpu-not-a-file' }))
  expect(() => cpu(new URL('data:text/javascript,1'))).toThrow(expect.objectContaining({ code: 'cpu-not-a-file' }))
  // @ts-expect-error the file exports no such function
  work.cube
})

test('a loop without end is ended by its deadline, and the thread is replaced', async () => {
  const endless = work.with({ deadline: 300 }).loopForEver()
  const others = Array.from({ length: 20 }, (_, index) => work.square(index))
  await expect(endless).rejects.toMatchObject({ code: 'deadline-exceeded', details: { operation: 'loopForEver' } })
  expect(await Promise.all(others)).toHaveLength(20)
  const loops = [1, 2, 3].map(() => work.with({ deadline: 200 }).loopForEver())
  for (const { status } of await Promise.allSettled(loops)) expect(status).toBe('rejected')
  expect(await work.square(4)).toBe(16)
})

test('deadline and cancellation of the context end the work', async () => {
  const environment = { clock: systemClock, wheel: new DeadlineWheel(systemClock), checked: false }
  const contextFor = (ms: number) => {
    const now = systemClock.monotonic()
    return new CallContext(systemClock, undefined, newOrigin(), 'shop', 'report', now, now + ms)
  }
  const late = runWork(environment, contextFor(200), () => work.loopForEver(), undefined)
  await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' })
  const context = contextFor(60_000)
  let inner: Promise<unknown> | undefined
  const withdrawn = runWork(
    environment,
    context,
    () => {
      inner = work.loopForEver()
      return inner
    },
    undefined,
  )
  context.end(cancelledError(context))
  await expect(withdrawn).rejects.toMatchObject({ code: 'cancelled' })
  await expect(inner).rejects.toMatchObject({ code: 'cancelled' })
  await expect(work.with({ signal: AbortSignal.abort() }).square(2)).rejects.toMatchObject({ code: 'cancelled' })
  expect(await work.square(5)).toBe(25)
})

test('a thread that runs out of memory or ends itself takes nobody along', async () => {
  await expect(work.eatMemory()).rejects.toMatchObject({ code: 'cpu-worker-lost' })
  await expect(work.leave()).rejects.toMatchObject({ code: 'cpu-worker-lost' })
  expect(await work.square(6)).toBe(36)
})

test('beyond the queue the pool refuses and says when to come again', async () => {
  await closeCpu()
  configureCpu({ threads: 1, queue: 3, memoryMb: 64 })
  await work.square(1)
  const settled = await Promise.allSettled(Array.from({ length: 30 }, () => work.spin(20)))
  const refused = settled.filter((result) => result.status === 'rejected')
  expect(refused.length).toBeGreaterThanOrEqual(20)
  for (const { reason } of refused) {
    expect(reason).toMatchObject({ code: 'cpu-pool-full', status: 503, retryable: true })
    expect(Number(reason.details.retryAfterMs)).toBeGreaterThan(0)
  }
  expect(settled.length - refused.length).toBeGreaterThanOrEqual(3)
  await closeCpu()
})

test('closing lets what runs and waits end, up to a limit', async () => {
  configureCpu({ threads: 1, memoryMb: 64 })
  await work.square(1)
  const running = [work.spin(50), work.square(7)]
  await Promise.all([new Promise((resolve) => setImmediate(resolve)), running[0]])
  await closeCpu()
  expect(await running[1]).toBe(49)
  const stuck = work.loopForEver().catch((error: unknown) => error)
  await work
    .with({ deadline: 50 })
    .square(1)
    .catch(() => undefined)
  await closeCpu(100)
  expect(await stuck).toMatchObject({ code: 'cpu-worker-lost' })
})
