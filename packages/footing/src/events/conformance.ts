// What every driver of events has to do, as data: the driver in memory and the log in the database pass these cases.
import assert from 'node:assert/strict'
import type { AnyTransaction } from '../data/contract/transaction-end.ts'
import type { DriverGuarantees, EventDriver, EventEnvelope, EventGuarantee, Subscriber } from './contract/contract.ts'

/** What a case is given. */
export interface EventHarness {
  /**
   * A driver that has not started; the runner drains it afterwards. Drivers of one harness carry the same events, as those of
   * several processes do, where they claim `across-processes`. `room` is how many events may wait.
   */
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

/** One case. A driver that does not claim all of its `guarantees` skips it, and says so. */
export interface EventCase {
  readonly name: string
  readonly guarantees: readonly EventGuarantee[]
  /** For drivers that do not claim this only: what they do instead. */
  readonly without?: EventGuarantee
  readonly run: (harness: EventHarness) => Promise<void>
}

/** Whether a driver that promises this runs the case. */
export function appliesTo({ guarantees, without }: EventCase, promises: DriverGuarantees): boolean {
  return guarantees.every((guarantee) => promises[guarantee]) && (without === undefined || !promises[without])
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
      events.subscribe({
        ...hears('failing', 'paid', () => undefined),
        deliver: async () => ({ code: 'broken', message: 'always' }),
      })
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
    without: 'durable',
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
    without: 'durable',
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
    without: 'durable',
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
    run: async ({ driver, until }) => {
      const events = driver()
      const stuck = Promise.withResolvers<void>()
      let begun = 0
      events.subscribe(
        hears('mail', 'paid', () => {
          begun++
          return stuck.promise
        }),
      )
      await events.start()
      await events.take(envelope('1'), undefined, patience)
      await events.take(envelope('2'), undefined, patience)
      // Where the order holds the second one waits behind the first.
      await until(() => begun === (events.guarantees.ordered ? 1 : 2))
      assert.equal(await events.drain(30), 2)
      stuck.resolve()
    },
  },
  {
    name: 'ten events of one key in one transaction keep their order',
    guarantees: ['transactional', 'ordered-per-key'],
    run: async ({ driver, transaction, until }) => {
      const heard: string[] = []
      const events = driver()
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      const ids = Array.from({ length: 10 }, (_, index) => `${index}`)
      await transaction(async (tx) => {
        for (const id of ids) await events.take(keyed(id, 'a'), tx, patience)
      })
      await until(() => heard.length === ids.length)
      assert.deepEqual(heard, ids)
    },
  },
  ...(['first', 'second'] as const).map(
    (late): EventCase => ({
      name: `two writers of one key are heard in the order of their commits, when the ${late} began first`,
      guarantees: ['transactional', 'ordered-per-key', 'durable'],
      run: async ({ driver, transaction, until }) => {
        const heard: string[] = []
        const events = driver()
        events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
        await events.start()
        const begun = Promise.withResolvers<void>()
        const written = Promise.withResolvers<void>()
        const writes = async (tx: TestTransaction, id: string) => {
          await events.take(keyed(id, 'a'), tx, patience)
          written.resolve()
        }
        const begins = transaction(async (tx) => {
          // It has its place among the transactions before the other one begins.
          await events.take(keyed('begins', 'b'), tx, patience)
          begun.resolve()
          if (late === 'first') await written.promise
          await writes(tx, 'one')
        })
        await begun.promise
        await transaction(async (tx) => {
          if (late === 'second') await written.promise
          await writes(tx, 'two')
        })
        await begins
        await until(() => heard.length === 3)
        const ofKey = heard.filter((id) => id !== 'begins')
        assert.deepEqual(ofKey, late === 'first' ? ['two', 'one'] : ['one', 'two'])
      },
    }),
  ),
  {
    name: 'what commits late is heard, although later numbers were heard before it',
    guarantees: ['transactional', 'durable', 'unaffected-by-open-transactions'],
    run: async ({ driver, transaction, until }) => {
      const heard: string[] = []
      const events = driver()
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      await transaction(async (late) => {
        await events.take(envelope('late'), late, patience)
        for (let id = 0; id < 20; id++) await events.take(envelope(`${id}`), undefined, patience)
        // Others flow while it is open.
        await until(() => heard.length === 20)
      })
      await until(() => heard.length === 21)
      assert.equal(heard.at(-1), 'late')
    },
  },
  {
    name: 'numbers that were rolled back hold nobody up',
    guarantees: ['transactional'],
    run: async ({ driver, transaction, until }) => {
      const heard: string[] = []
      const events = driver()
      events.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await events.start()
      const failed = transaction(async (tx) => {
        for (let id = 0; id < 50; id++) await events.take(envelope(`gone ${id}`), tx, patience)
        throw new Error('no')
      })
      await assert.rejects(failed, { message: 'no' })
      await events.take(envelope('kept'), undefined, patience)
      await until(() => heard.length > 0)
      assert.deepEqual(heard, ['kept'])
    },
  },
  {
    name: 'a handler that fails is called again; after its last attempt its key waits and the others go on',
    guarantees: ['at-least-once', 'ordered-per-key'],
    run: async ({ driver, until }) => {
      const heard: string[] = []
      const events = driver()
      let flaky = 0
      events.subscribe({
        ...hears('mail', 'paid', () => undefined),
        attempts: 2,
        deliver: async ({ id }, { attempt, repeats }) => {
          heard.push(`${id} ${attempt}${repeats ? '' : ' last'}`)
          if (id === 'flaky' && flaky++ === 0) return { code: 'no', message: 'not yet' }
          return id === 'poison' ? { code: 'no', message: 'never' } : undefined
        },
      })
      await events.start()
      await events.take(keyed('poison', 'a'), undefined, patience)
      await events.take(keyed('behind it', 'a'), undefined, patience)
      await events.take(keyed('flaky', 'b'), undefined, patience)
      await events.take(keyed('after flaky', 'b'), undefined, patience)
      await events.take(keyed('other', 'c'), undefined, patience)
      await until(() => heard.includes('after flaky 1') && heard.includes('poison 2 last'))
      assert.ok(heard.includes('other 1'))
      assert.ok(heard.indexOf('flaky 2 last') < heard.indexOf('after flaky 1'), 'one key keeps its order over a retry')
      assert.ok(!heard.some((one) => one.startsWith('behind it')), 'what is behind a parked event waits')
    },
  },
  {
    name: 'several processes hear, and of each module one at a time does',
    guarantees: ['across-processes', 'durable'],
    run: async ({ driver, until }) => {
      const heard: string[] = []
      const [one, two, web] = [driver(), driver(), driver()]
      for (const [process, events] of [one, two].entries()) {
        events.subscribe(hears('mail', 'paid', (event) => heard.push(`mail ${event.id} ${process}`)))
        events.subscribe(hears('ledger', 'paid', (event) => heard.push(`ledger ${event.id}`)))
      }
      for (const events of [one, two, web]) await events.start()
      for (let id = 0; id < 20; id++) await web.take(keyed(`${id}`, 'a'), undefined, patience)
      await until(() => heard.length === 40)
      const mail = heard.filter((text) => text.startsWith('mail'))
      assert.deepEqual(
        mail.map((text) => text.split(' ')[1]),
        Array.from({ length: 20 }, (_, id) => `${id}`),
      )
      assert.equal(new Set(mail.map((text) => text.split(' ')[2])).size, 1)
    },
  },
  {
    name: 'draining gives back what was not handled, and another process goes on with it without a repetition',
    guarantees: ['across-processes', 'durable', 'ordered-per-key'],
    run: async ({ driver, until }) => {
      const heard: string[] = []
      const stuck = Promise.withResolvers<void>()
      const first = driver()
      first.subscribe(
        hears('mail', 'paid', async (event) => {
          heard.push(event.id)
          if (event.key === 'slow') await stuck.promise
        }),
      )
      await first.start()
      // In one batch: the slow one, one behind it, and those of other keys, which are done before it.
      for (const [id, key] of Object.entries({ 1: 'slow', 2: 'slow', 3: 'a', 4: 'b' })) {
        await first.take(keyed(id, key), undefined, patience)
      }
      await until(() => heard.length === 3)
      const drained = first.drain(5000)
      stuck.resolve()
      assert.equal(await drained, 0)
      assert.deepEqual(heard.toSorted(), ['1', '3', '4'])
      const second = driver()
      second.subscribe(hears('mail', 'paid', (event) => heard.push(event.id)))
      await second.start()
      await second.take(keyed('5', 'slow'), undefined, patience)
      await until(() => heard.length >= 5)
      assert.deepEqual(heard.slice(3), ['2', '5'])
    },
  },
  {
    name: 'an event that was settled in a transaction is settled once, and a rollback undoes it',
    guarantees: ['at-least-once', 'transactional'],
    run: async ({ driver, transaction, until }) => {
      const answers: boolean[] = []
      const events = driver()
      events.subscribe({
        ...hears('mail', 'paid', () => undefined),
        deliver: async (_event, { attempt, settle }) => {
          const settled = transaction(async (tx) => {
            answers.push(await settle(tx))
            if (attempt === 1) throw new Error('undone')
          })
          await settled.catch(() => undefined)
          return attempt < 3 ? { code: 'no', message: 'again' } : undefined
        },
      })
      await events.start()
      await events.take(envelope('1'), undefined, patience)
      await until(() => answers.length === 3)
      assert.deepEqual(answers, [true, true, false])
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
      return undefined
    },
  }
}

function envelope(id: string, event = 'paid'): EventEnvelope {
  return { id, module: 'billing', event, payload: { id }, at: 0, requestId: 'request', traceId: 'trace' }
}

function keyed(id: string, key: string): EventEnvelope {
  return { ...envelope(id), key }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
