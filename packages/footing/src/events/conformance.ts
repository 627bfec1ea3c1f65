// What every driver of events has to do, as data: the driver in memory passes these cases, and the outbox will have to.
import assert from 'node:assert/strict'
import type { AnyTransaction } from '../data/contract/transaction-end.ts'
import type { EventDriver, EventEnvelope, EventGuarantee, Subscriber } from './contract/contract.ts'

/** What a case is given. */
export interface EventHarness {
  /** A driver that has not started. The runner drains it afterwards. `room` is how many events may wait. */
  driver(options?: { readonly room?: number; readonly patienceMs?: number }): EventDriver
  /** Runs `work` in a transaction that commits, or rolls back when `work` throws. */
  transaction(work: (tx: TestTransaction) => Promise<unknown>): Promise<unknown>
  /** Resolves when `condition` holds; rejects when it does not come to hold. */
  until(condition: () => boolean): Promise<void>
}

/** A transaction with savepoints. */
export type TestTransaction = AnyTransaction & {
  savepoint(work: (tx: TestTransaction) => Promise<unknown>): Promise<unknown>
}

/** One case. A driver that does not claim one of its `guarantees` skips it, and says so. */
export interface EventCase {
  readonly name: string
  readonly guarantees: readonly EventGuarantee[]
  readonly run: (harness: EventHarness) => Promise<void>
}

const patience = 1000

/** The cases. */
export const eventConformance: readonly EventCase[] = [
  {
    name: 'an event without a transaction reaches every subscriber of its name and nobody else',
    guarantees: [],
    run: async ({ driver, until }) => {
      const heard: string[] = []
      const events = driver()
      for (const module of ['mail', 'ledger'])
        events.subscribe(hears(module, 'paid', (event) => heard.push(`${module} ${event.id}`)))
      events.subscribe(hears('mail', 'refunded', () => heard.push('wrong event')))
      events.subscribe({ ...hears('mail', 'paid', () => heard.push('wrong module')), emitter: 'content' })
      await events.start()
      await events.take(envelope('1'), undefined, patience)
      await until(() => heard.length === 2)
      assert.deepEqual(heard.toSorted(), ['ledger 1', 'mail 1'])
    },
  },
  {
    name: 'nobody hears before the commit',
    guarantees: ['transactional'],
    run: async ({ driver, transaction, until }) => {
      const heard: string[] = []
      const events = driver()
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      await transaction(async (tx) => {
        await events.take(envelope('in'), tx, patience)
        await events.take(envelope('at once'), undefined, patience)
        // The second one was taken later and is heard first: the first is held, not merely slow.
        await until(() => heard.length > 0)
        assert.deepEqual(heard, ['at once'])
      })
      await until(() => heard.length === 2)
      assert.deepEqual(heard, ['at once', 'in'])
    },
  },
  {
    name: 'nobody hears after a rollback',
    guarantees: ['transactional'],
    run: async ({ driver, transaction, until }) => {
      const heard: string[] = []
      const events = driver()
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      const failed = transaction(async (tx) => {
        await events.take(envelope('gone'), tx, patience)
        throw new Error('no')
      })
      await assert.rejects(failed, { message: 'no' })
      await events.take(envelope('after'), undefined, patience)
      await until(() => heard.length > 0)
      assert.deepEqual(heard, ['after'])
    },
  },
  {
    name: 'a savepoint that is rolled back takes its own events along and no others',
    guarantees: ['transactional'],
    run: async ({ driver, transaction, until }) => {
      const heard: string[] = []
      const events = driver()
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      await transaction(async (tx) => {
        await events.take(envelope('before'), tx, patience)
        const undone = tx.savepoint(async (inner) => {
          await events.take(envelope('undone'), inner, patience)
          throw new Error('no')
        })
        await assert.rejects(undone)
        await tx.savepoint((inner) => events.take(envelope('kept'), inner, patience))
      })
      await until(() => heard.length === 2)
      assert.deepEqual(heard, ['before', 'kept'])
    },
  },
  {
    name: 'one subscriber hears the events of one module in the order of their commits, one at a time',
    guarantees: ['ordered'],
    run: async ({ driver, until }) => {
      const heard: string[] = []
      let running = 0
      let most = 0
      const events = driver()
      const slowly = async (event: EventEnvelope) => {
        running++
        most = Math.max(most, running)
        await turns(event.id.endsWith('0') ? 5 : 1)
        heard.push(event.id)
        running--
      }
      events.subscribe(hears('mail', 'paid', slowly))
      events.subscribe(hears('mail', 'refunded', slowly))
      await events.start()
      const ids = Array.from({ length: 60 }, (_, index) => String(index))
      for (const [index, id] of ids.entries()) {
        await events.take(envelope(id, index % 2 === 0 ? 'paid' : 'refunded'), undefined, patience)
      }
      await until(() => heard.length === ids.length)
      assert.deepEqual(heard, ids)
      assert.equal(most, 1)
    },
  },
  {
    name: 'a subscriber that fails or is slow keeps neither the others nor its own next event',
    guarantees: [],
    run: async ({ driver, until }) => {
      const heard: string[] = []
      const release = Promise.withResolvers<void>()
      const events = driver()
      events.subscribe({ ...hears('failing', 'paid', () => undefined), deliver: async (event) => event.id === 'never' })
      events.subscribe(hears('slow', 'paid', () => release.promise))
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      await events.take(envelope('1'), undefined, patience)
      await events.take(envelope('2'), undefined, patience)
      await until(() => heard.length === 2)
      release.resolve()
      assert.deepEqual(heard, ['1', '2'])
    },
  },
  {
    name: 'whoever announces into a full queue waits, and is refused when it lasts',
    guarantees: [],
    run: async ({ driver, until }) => {
      const heard: string[] = []
      const first = Promise.withResolvers<void>()
      const events = driver({ room: 2, patienceMs: 60 })
      events.subscribe(
        hears('mail', 'paid', async (event) => {
          if (event.id === '1') await first.promise
          heard.push(event.id)
        }),
      )
      await events.start()
      await events.take(envelope('1'), undefined, patience)
      await events.take(envelope('2'), undefined, patience)
      await assert.rejects(events.take(envelope('3'), undefined, patience), { code: 'event-queue-full' })
      await assert.rejects(events.take(envelope('3'), undefined, 0), { code: 'event-queue-full' })
      const waits = events.take(envelope('4'), undefined, patience)
      first.resolve()
      await waits
      await until(() => heard.length === 3)
      assert.deepEqual(heard, ['1', '2', '4'])
    },
  },
  {
    name: 'a rollback gives its places in the queue back',
    guarantees: ['transactional'],
    run: async ({ driver, transaction, until }) => {
      const heard: string[] = []
      const events = driver({ room: 1, patienceMs: 60 })
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      for (let turn = 0; turn < 3; turn++) {
        const failed = transaction(async (tx) => {
          await events.take(envelope('gone'), tx, patience)
          throw new Error('no')
        })
        await assert.rejects(failed, { message: 'no' })
      }
      await events.take(envelope('1'), undefined, patience)
      await until(() => heard.length === 1)
      assert.deepEqual(heard, ['1'])
    },
  },
  {
    name: 'draining delivers what waits, also what handlers announce meanwhile, and takes nothing afterwards',
    guarantees: [],
    run: async ({ driver }) => {
      const heard: string[] = []
      const events = driver()
      events.subscribe(
        hears('mail', 'paid', async (event) => {
          heard.push(event.id)
          await turns(2)
          if (event.id === '2') await events.take(envelope('late', 'refunded'), undefined, patience)
        }),
      )
      events.subscribe(hears('ledger', 'refunded', (event) => heard.push(event.id)))
      await events.start()
      await events.take(envelope('1'), undefined, patience)
      await events.take(envelope('2'), undefined, patience)
      assert.equal(await events.drain(5000), 0)
      assert.deepEqual(heard, ['1', '2', 'late'])
      await assert.rejects(events.take(envelope('3'), undefined, patience), { code: 'events-closed' })
    },
  },
  {
    name: 'draining ends at its deadline and says how much is left',
    guarantees: [],
    run: async ({ driver }) => {
      const events = driver()
      const stuck = Promise.withResolvers<void>()
      events.subscribe(hears('mail', 'paid', () => stuck.promise))
      await events.start()
      await events.take(envelope('1'), undefined, patience)
      await events.take(envelope('2'), undefined, patience)
      assert.equal(await events.drain(30), 2)
      stuck.resolve()
    },
  },
]

function hears(module: string, event: string, handle: (event: EventEnvelope) => unknown): Subscriber {
  return {
    module,
    emitter: 'billing',
    event,
    deliver: async (envelope) => {
      await handle(envelope)
      return true
    },
  }
}

function envelope(id: string, event = 'paid'): EventEnvelope {
  return { id, module: 'billing', event, payload: { id }, at: 0, requestId: 'request', traceId: 'trace' }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
