// What every driver of jobs has to do, as data: the drivers of the library pass these cases against real stores, and yours may.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { AnyTransaction } from '../data/contract/transaction-end.ts'
import type {
  ClaimedJob,
  DriverReports,
  FlowStep,
  JobDriver,
  JobQueue,
  NewJob,
  RunningJob,
  Settlement,
} from './contract/contract.ts'
import type { JobGuarantees } from './contract/guarantees.ts'

/** What a case is given. */
export interface JobHarness {
  /** A driver as another process would have it, open. The runner closes it afterwards. */
  open(): Promise<JobDriver>
  /** Runs `work` in a transaction that commits, or rolls back when `work` throws; only asked where the driver is transactional. */
  transaction(work: (tx: TestTransaction) => Promise<unknown>): Promise<unknown>
  /** Resolves when `condition` holds; rejects when it does not come to hold within a time that suits the store. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>
  /**
   * Lets the claims of these jobs be over, as if their process had been silent for long enough. Left out where the store
   * cannot be told: the case then waits as long as the store does.
   */
  expire?(queue: JobQueue, ids: readonly string[]): Promise<void>
}

/** A transaction with savepoints. */
export type TestTransaction = AnyTransaction & {
  savepoint(work: (tx: TestTransaction) => Promise<unknown>): Promise<unknown>
}

/** One case. It runs where `needed` says so of the guarantees; else it is skipped, and the reason is given. */
export interface JobCase {
  readonly name: string
  /** Undefined for every driver; else what it needs, in words. */
  readonly needs?: (guarantees: JobGuarantees) => string | undefined
  /** True where it waits for as long as the store does until a claim is over. */
  readonly slow?: true
  run(harness: JobHarness): Promise<void>
}

/** The cases. */
export const jobConformance: readonly JobCase[] = [
  {
    name: 'a job that is added alone runs once, with its payload, as the first attempt',
    async run({ open, until }) {
      const queue = queueOf()
      const { driver, seen } = await worker(open, [queue])
      const [added] = await driver.add([jobOf(queue, { text: 'äß𝄞', list: [1, null, { deep: true }] })], undefined)
      await until(() => seen.length === 1)
      assert.equal(seen[0]?.id, added?.id)
      assert.deepEqual(payloadOf(seen[0]), { text: 'äß𝄞', list: [1, null, { deep: true }] })
      assert.equal(seen[0]?.attempt, 1)
      assert.equal(added?.duplicate, false)
      await empty(until, driver, queue)
      assert.equal(seen.length, 1)
    },
  },
  {
    name: 'many that are added at once all run, in two processes, each once',
    async run({ open, until }) {
      const queue = queueOf({ perProcess: 20 })
      const one = await worker(open, [queue])
      const two = await worker(open, [queue])
      await one.driver.add(
        Array.from({ length: 300 }, (_, index) => jobOf(queue, { index })),
        undefined,
      )
      await until(() => one.seen.length + two.seen.length >= 300)
      await empty(until, one.driver, queue)
      const ids = [...one.seen, ...two.seen].map(({ id }) => id)
      assert.equal(new Set(ids).size, 300)
      assert.equal(ids.length, 300, 'without faults nothing runs twice')
    },
  },
  {
    name: 'a job in a transaction does not run before the commit, and never after a rollback, of a savepoint neither',
    needs: ({ transactional }) => (transactional ? undefined : 'transactional'),
    async run({ open, until, transaction }) {
      const queue = queueOf()
      const { driver, seen } = await worker(open, [queue])
      const failed = transaction(async (tx) => {
        await driver.add([jobOf(queue, 'rolled back')], tx)
        throw new Error('no')
      })
      await assert.rejects(failed, { message: 'no' })
      await transaction(async (tx) => {
        await driver.add([jobOf(queue, 'in')], tx)
        const undone = tx.savepoint(async (inner) => {
          await driver.add([jobOf(queue, 'undone')], inner)
          throw new Error('no')
        })
        await assert.rejects(undone)
        // Added later and seen first: the other one is held, not merely slow.
        await driver.add([jobOf(queue, 'at once')], undefined)
        await until(() => seen.length > 0)
        assert.deepEqual(seen.map(payloadOf), ['at once'])
      })
      await until(() => seen.length === 2)
      await empty(until, driver, queue)
      assert.deepEqual(seen.map(payloadOf), ['at once', 'in'])
    },
  },
  {
    name: 'what fails is tried again as often as its queue says, later each time, and is then kept as failed',
    async run({ open, until }) {
      const queue = queueOf({ attempts: 3, backoff: { firstMs: 1000, mostMs: 1000 } })
      const at: number[] = []
      const { driver, seen } = await worker(open, [queue], async () => {
        at.push(performance.now())
        return failure()
      })
      await driver.add([jobOf(queue, 1)], undefined)
      await until(() => seen.length === 3)
      assert.deepEqual(
        seen.map(({ attempt }) => attempt),
        [1, 2, 3],
      )
      for (const [index, moment] of at.slice(1).entries()) {
        assert.ok(moment - (at[index] ?? 0) > 900, 'it waits before it is tried again')
      }
      await until(async () => (await sampleOf(driver, queue)).failed === 1)
      assert.equal(seen.length, 3)
    },
  },
  {
    name: 'a failure that is final is not tried again',
    async run({ open, until }) {
      const queue = queueOf({ attempts: 5 })
      const { driver, seen } = await worker(open, [queue], async () => ({ ...failure(), final: true }))
      await driver.add([jobOf(queue, 1)], undefined)
      await until(async () => (await sampleOf(driver, queue)).failed === 1)
      assert.equal(seen.length, 1)
    },
  },
  {
    name: 'what is given back runs again, and no attempt is counted',
    async run({ open, until }) {
      const queue = queueOf({ attempts: 2 })
      const { driver, seen } = await worker(open, [queue], async () =>
        seen.length < 4 ? { kind: 'given-back' } : { kind: 'done' },
      )
      await driver.add([jobOf(queue, 1)], undefined)
      await until(() => seen.length === 4)
      await empty(until, driver, queue)
      assert.deepEqual(
        seen.map(({ attempt }) => attempt),
        [1, 1, 1, 1],
      )
      assert.equal((await sampleOf(driver, queue)).failed, 0)
    },
  },
  {
    name: 'resting begins no more jobs and waits for those that run; another process goes on at the same attempt',
    async run({ open, until }) {
      const queue = queueOf({ perProcess: 2, attempts: 1 })
      const held = Promise.withResolvers<Settlement>()
      const first = await worker(open, [queue], () => held.promise)
      await first.driver.add(
        Array.from({ length: 6 }, (_, index) => jobOf(queue, index)),
        undefined,
      )
      await until(() => first.seen.length === 2)
      let rested = false
      const resting = first.driver.rest().then(() => {
        rested = true
      })
      const second = await worker(open, [queue])
      await until(() => second.seen.length === 4)
      assert.equal(rested, false)
      held.resolve({ kind: 'given-back' })
      await resting
      assert.equal(first.seen.length, 2)
      await until(() => second.seen.length === 6)
      assert.ok(second.seen.every(({ attempt }) => attempt === 1))
    },
  },
  {
    name: 'the job of a killed process runs again in time, and the attempt is counted; another one that kills is ended',
    slow: true,
    async run({ open, until }) {
      const twice = queueOf({ attempts: 2 })
      const poison = queueOf({ attempts: 1 })
      const first = await worker(open, [twice, poison], () => new Promise(() => undefined))
      await first.driver.add([jobOf(twice, 1)], undefined)
      await first.driver.add([jobOf(poison, 1)], undefined)
      await until(() => first.seen.length === 2)
      // Closed without rest: nothing more is said to the store, as after kill -9.
      await first.driver.close()
      const killedAt = performance.now()
      const second = await worker(open, [twice, poison])
      await until(() => second.seen.length === 1)
      const seconds = (performance.now() - killedAt) / 1000
      assert.ok(seconds <= second.driver.guarantees.orphanSeconds, `it took ${seconds} s`)
      assert.equal(second.seen[0]?.queue.name, twice.name)
      assert.equal(second.seen[0]?.attempt, 2)
      await until(async () => (await sampleOf(second.driver, poison)).failed === 1)
      assert.equal(second.seen.length, 1)
    },
  },
  {
    name: 'a worker that stood still cannot end the attempt of another one, and is told',
    needs: ({ fencedSettle }) => (fencedSettle ? undefined : 'fencedSettle'),
    slow: true,
    async run({ open, until, expire }) {
      const queue = queueOf({ attempts: 3, perProcess: 1 })
      const stale = Promise.withResolvers<Settlement>()
      const superseded: string[] = []
      let lost = 0
      const first = await worker(open, [queue], () => stale.promise, {
        superseded: ({ id }) => superseded.push(id),
        onLose: () => {
          lost += 1
        },
      })
      const [added] = await first.driver.add([jobOf(queue, 1)], undefined)
      await until(() => first.seen.length === 1)
      const fresh = Promise.withResolvers<Settlement>()
      const second = await worker(open, [queue], () => fresh.promise)
      await expire?.(queue, [added?.id ?? ''])
      await until(() => first.seen.length + second.seen.length === 2)
      const newer = [...first.seen, ...second.seen].find(({ attempt }) => attempt === 2)
      assert.ok(newer !== undefined, 'another attempt begins')
      await until(() => lost > 0)
      stale.resolve({ kind: 'failed', code: 'late', message: 'too late', final: true })
      await until(() => superseded.length > 0)
      assert.equal((await sampleOf(second.driver, queue)).failed, 0, 'the late end counts for nothing')
      fresh.resolve({ kind: 'done' })
      await empty(until, second.driver, queue)
      assert.equal((await sampleOf(second.driver, queue)).failed, 0)
    },
  },
  {
    name: 'a job that waits can be taken back, one that runs is told',
    needs: ({ cancel }) => (cancel === 'running' ? undefined : 'cancel: running'),
    async run({ open, until }) {
      const queue = queueOf({ perProcess: 1 })
      const lost: string[] = []
      const never = new Promise<Settlement>(() => undefined)
      const { driver, seen } = await worker(
        open,
        [queue],
        (_job, whenLost) => Promise.race([never, whenLost.then(() => failure())]),
        { onLose: (reason) => lost.push(reason) },
      )
      const [running] = await driver.add([jobOf(queue, 'running')], undefined)
      await until(() => seen.length === 1)
      const [waiting] = await driver.add([jobOf(queue, 'waiting')], undefined)
      assert.equal(await driver.cancel(queue, waiting?.id ?? ''), true)
      assert.equal(await driver.cancel(queue, running?.id ?? ''), true)
      await until(() => lost.length === 1)
      assert.deepEqual(lost, ['cancelled'])
      const [last] = await driver.add([jobOf(queue, 'last')], undefined)
      await until(() => seen.length === 2)
      assert.equal(seen[1]?.id, last?.id)
      assert.equal(await driver.cancel(queue, randomUUID()), false)
      assert.equal(await driver.cancel(queue, 'no id'), false)
      await driver.cancel(queue, last?.id ?? '')
    },
  },
  {
    name: 'of a hundred with one key one is added, until its time is over',
    needs: ({ deduplicated }) => (deduplicated ? undefined : 'deduplicated'),
    async run({ open, until }) {
      const queue = queueOf({ deduplicate: { forMs: 1500 } })
      const { driver, seen } = await worker(open, [queue])
      const add = async () => (await driver.add([{ ...jobOf(queue, 1), deduplicationKey: 'same' }], undefined))[0]
      const added = await Promise.all(Array.from({ length: 100 }, add))
      assert.equal(added.filter((one) => one?.duplicate === false).length, 1)
      assert.equal(new Set(added.map((one) => one?.id)).size, 1)
      await until(() => seen.length === 1)
      await until(async () => (await add())?.duplicate === false)
      await until(() => seen.length === 2)
    },
  },
  {
    name: 'of a hundred with one key one is added, until it has ended',
    needs: ({ deduplicated }) => (deduplicated ? undefined : 'deduplicated'),
    async run({ open, until }) {
      const queue = queueOf({ deduplicate: 'unfinished' })
      const hold = Promise.withResolvers<Settlement>()
      const { driver, seen } = await worker(open, [queue], () => hold.promise)
      const add = async () => (await driver.add([{ ...jobOf(queue, 1), deduplicationKey: 'same' }], undefined))[0]
      const added = await Promise.all(Array.from({ length: 100 }, add))
      assert.equal(added.filter((one) => one?.duplicate === false).length, 1)
      await until(() => seen.length === 1)
      assert.equal((await add())?.duplicate, true)
      await driver.add([jobOf(queue, 'without a key'), jobOf(queue, 'another')], undefined)
      await until(() => seen.length === 3)
      hold.resolve({ kind: 'done' })
      await until(async () => (await add())?.duplicate === false)
    },
  },
  {
    name: 'a delayed job does not run before its time, and then it does',
    needs: ({ delayed }) => (delayed > 0 ? undefined : 'delayed'),
    async run({ open, until }) {
      const queue = queueOf()
      const { driver, seen } = await worker(open, [queue])
      const addedAt = performance.now()
      await driver.add([{ ...jobOf(queue, 'later'), delayMs: 1500 }], undefined)
      await driver.add([jobOf(queue, 'now')], undefined)
      await until(() => seen.length === 2)
      assert.deepEqual(seen.map(payloadOf), ['now', 'later'])
      assert.ok(performance.now() - addedAt > 1400)
    },
  },
  {
    name: 'of what waits the higher priority begins first',
    needs: ({ prioritised }) => (prioritised ? undefined : 'prioritised'),
    async run({ open, until }) {
      const queue = queueOf({ perProcess: 1 })
      const adding = await open()
      await adding.declare([queue])
      for (const priority of [0, 5, 1]) await adding.add([{ ...jobOf(queue, priority), priority }], undefined)
      const { seen } = await worker(open, [queue])
      await until(() => seen.length === 3)
      assert.deepEqual(seen.map(payloadOf), [5, 1, 0])
    },
  },
  {
    name: 'as many run at once over all processes as the queue says, and no more',
    needs: ({ globalConcurrency }) => (globalConcurrency === 'exact' ? undefined : 'globalConcurrency: exact'),
    async run({ open, until }) {
      const queue = queueOf({ everywhere: 2 })
      const count = counting()
      const workers = [await worker(open, [queue], count.work), await worker(open, [queue], count.work)]
      await workers[0]?.driver.add(
        Array.from({ length: 12 }, (_, index) => jobOf(queue, index)),
        undefined,
      )
      await until(() => count.ended === 12)
      assert.equal(count.most, 2)
    },
  },
  {
    name: 'of one key as many run at once as the queue says; other keys are not held up',
    needs: ({ keyed }) => (keyed ? undefined : 'keyed'),
    async run({ open, until }) {
      const queue = queueOf({ perKey: 1 })
      const count = counting()
      const workers = [await worker(open, [queue], count.work), await worker(open, [queue], count.work)]
      await workers[0]?.driver.add(
        Array.from({ length: 12 }, (_, index) => jobOf(queue, index, `key ${index % 2}`)),
        undefined,
      )
      await until(() => count.ended === 12)
      assert.equal(count.mostOfAKey, 1)
      assert.equal(count.most, 2)
    },
  },
  {
    name: 'as many begin in a length of time as the queue says, over all processes',
    needs: ({ rateLimited }) => (rateLimited ? undefined : 'rateLimited'),
    async run({ open, until }) {
      const queue = queueOf({ rate: { most: 3, perMs: 1000, perKey: false } })
      const begun: number[] = []
      const note = async (): Promise<Settlement> => {
        begun.push(performance.now())
        return { kind: 'done' }
      }
      const workers = [await worker(open, [queue], note), await worker(open, [queue], note)]
      await workers[0]?.driver.add(
        Array.from({ length: 7 }, (_, index) => jobOf(queue, index)),
        undefined,
      )
      await until(() => begun.length === 7)
      // A tenth for the way from the store to here.
      for (const [index, moment] of begun.slice(3).entries()) {
        assert.ok(moment - (begun[index] ?? 0) > 900, 'a fourth within the time')
      }
    },
  },
  {
    name: 'a full queue refuses what would be too much',
    needs: ({ bounded }) => (bounded ? undefined : 'bounded'),
    async run({ open }) {
      const queue = queueOf({ limit: 3 })
      const driver = await open()
      await driver.declare([queue])
      await driver.add([jobOf(queue, 1), jobOf(queue, 2), jobOf(queue, 3)], undefined)
      await assert.rejects(driver.add([jobOf(queue, 4)], undefined), { code: 'job-queue-full' })
      assert.equal((await sampleOf(driver, queue)).waiting, 3)
    },
  },
  {
    name: 'a chain, a fan-out and a join run in their order; what waits does not begin while one before it fails',
    needs: ({ flow }) => (flow === 'any' ? undefined : 'flow: any'),
    async run({ open, until }) {
      const queue = queueOf({ attempts: 2, backoff: { firstMs: 1000, mostMs: 1000 } })
      const ended: unknown[] = []
      const { driver, seen } = await worker(open, [queue], async (job) => {
        const step = payloadOf(job)
        if (step === 'left' && job.attempt === 1) return failure()
        ended.push(step)
        return { kind: 'done' }
      })
      const step = (ref: string, ...after: string[]): FlowStep => ({ ...jobOf(queue, ref), ref, after })
      const ids = await driver.flow?.(
        [
          step('first'),
          step('left', 'first'),
          step('right', 'first'),
          step('join', 'left', 'right'),
          step('last', 'join'),
        ],
        undefined,
      )
      assert.deepEqual(Object.keys(ids ?? {}).toSorted(), ['first', 'join', 'last', 'left', 'right'])
      await until(() => ended.length === 5)
      assert.deepEqual(ended, ['first', 'right', 'left', 'join', 'last'])
      assert.equal(seen.length, 6)
    },
  },
  {
    name: 'a chain and a join run in their order',
    needs: ({ flow }) => (flow === false ? 'flow' : undefined),
    async run({ open, until }) {
      const queue = queueOf()
      const ended: unknown[] = []
      const { driver } = await worker(open, [queue], async (job) => {
        ended.push(payloadOf(job))
        return { kind: 'done' }
      })
      const step = (ref: string, ...after: string[]): FlowStep => ({ ...jobOf(queue, ref), ref, after })
      await driver.flow?.([step('left'), step('right'), step('join', 'left', 'right'), step('last', 'join')], undefined)
      await until(() => ended.length === 4)
      assert.deepEqual([...ended.slice(0, 2).toSorted(), ...ended.slice(2)], ['left', 'right', 'join', 'last'])
    },
  },
  {
    name: 'jobs of a queue that nobody declares any more are kept and told; those of another application are not touched',
    async run({ open, until }) {
      const application = `app${randomUUID().slice(0, 8)}`
      const kept = queueOf({ name: `${application}/mail/kept` })
      const gone = queueOf({ name: `${application}/mail/gone` })
      const foreign = queueOf({ name: `other${application}/mail/kept` })
      const adding = await open()
      await adding.declare([kept, gone, foreign])
      for (const queue of [kept, gone, foreign]) await adding.add([jobOf(queue, queue.name)], undefined)
      const { driver, seen } = await worker(open, [kept])
      await until(() => seen.length === 1)
      assert.deepEqual(seen.map(payloadOf), [kept.name])
      await until(async () => (await driver.strays(application, [kept])).length === 1)
      assert.deepEqual(await driver.strays(application, [kept]), [{ queue: gone.name, jobs: 1 }])
      assert.equal((await sampleOf(adding, foreign)).waiting, 1)
      assert.equal((await sampleOf(adding, gone)).waiting, 1)
    },
  },
]

/** A queue of a name that nobody else has. */
function queueOf(given: Partial<JobQueue> = {}): JobQueue {
  return {
    name: `cases/mail/${randomUUID().slice(0, 13)}`,
    attempts: 3,
    timeoutMs: 30_000,
    backoff: { firstMs: 1000, mostMs: 60_000 },
    perProcess: 10,
    everywhere: undefined,
    perKey: undefined,
    rate: undefined,
    deduplicate: undefined,
    limit: undefined,
    keepDoneMs: 3_600_000,
    keepFailedMs: 3_600_000,
    ...given,
  }
}

function jobOf(queue: JobQueue, payload: unknown, key?: string): NewJob {
  return {
    queue,
    body: { p: payload, v: 1, r: 'request', t: 'trace' },
    priority: 0,
    delayMs: undefined,
    at: undefined,
    key,
    deduplicationKey: undefined,
  }
}

function payloadOf(job: ClaimedJob | undefined): unknown {
  return (job?.body as { readonly p?: unknown } | undefined)?.p
}

function failure(): Settlement & { readonly kind: 'failed' } {
  return { kind: 'failed', code: 'operation-failed', message: 'no luck', final: false }
}

interface WorkerOptions {
  readonly superseded?: (job: { readonly id: string }) => unknown
  readonly onLose?: (reason: 'cancelled' | 'lost') => unknown
}

async function worker(
  open: JobHarness['open'],
  queues: readonly JobQueue[],
  settle: (job: ClaimedJob, lost: Promise<void>) => Promise<Settlement> = async () => ({ kind: 'done' }),
  options: WorkerOptions = {},
): Promise<{ readonly driver: JobDriver; readonly seen: readonly ClaimedJob[] }> {
  const driver = await open()
  await driver.declare(queues)
  const seen: ClaimedJob[] = []
  const reports: DriverReports = {
    fault: () => undefined,
    orphaned: () => undefined,
    superseded: (job) => options.superseded?.(job),
  }
  const take = (job: ClaimedJob): RunningJob => {
    seen.push(job)
    const lost = Promise.withResolvers<void>()
    return {
      settled: settle(job, lost.promise),
      lose: (reason) => {
        options.onLose?.(reason)
        lost.resolve()
      },
    }
  }
  driver.work(queues, take, reports)
  return { driver, seen }
}

async function sampleOf(driver: JobDriver, queue: JobQueue) {
  const [sample] = await driver.sample([queue])
  assert.ok(sample !== undefined, 'a queue that was declared is in the sample')
  return sample
}

async function empty(until: JobHarness['until'], driver: JobDriver, queue: JobQueue): Promise<void> {
  await until(async () => {
    const { waiting, delayed, running } = await sampleOf(driver, queue)
    return waiting + delayed + running === 0
  })
}

/** Counts what runs at once; each job ends some turns of the loop after it began. */
function counting() {
  const keys = new Map<string, number>()
  const count = {
    most: 0,
    mostOfAKey: 0,
    ended: 0,
    async work(job: ClaimedJob): Promise<Settlement> {
      const key = String((job.body as { readonly p: number }).p % 2)
      keys.set(key, (keys.get(key) ?? 0) + 1)
      count.mostOfAKey = Math.max(count.mostOfAKey, keys.get(key) ?? 0)
      count.most = Math.max(
        count.most,
        [...keys.values()].reduce((sum, one) => sum + one, 0),
      )
      // Long enough for the other process to look for jobs several times.
      await new Promise((resolve) => setTimeout(resolve, 150))
      keys.set(key, (keys.get(key) ?? 0) - 1)
      count.ended += 1
      return { kind: 'done' }
    },
  }
  return count
}
