// What may happen to a log of events: processes that die at any step, tables that rotate, subscribers that come and go, databases
// that are restarted, cut off or read-only. Nothing is lost, nothing settled is done twice, no key changes its order.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DataSource, Transaction } from '../../data/contract/contract.ts'
import { openDataSource } from '../../data/data-source.ts'
import { migrateOwnTables } from '../../migrations/apply/migrate-own-tables.ts'
import { openChaosProxy } from '../../testing/chaos-proxy.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { openEventsAdmin } from '../admin.ts'
import type { Delivery, EventDriver, EventEnvelope, Subscriber } from '../contract/contract.ts'
import { type EventLogOptions, eventLog } from './event-log.ts'

let database: TestDatabase
let source: DataSource
let app: string
const running: EventDriver[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  await migrateOwnTables(database.directUrl, 'footing_events', new URL('./migrations/', import.meta.url))
  await database.query('create table public.effect (id text not null, subscriber text not null)')
  source = open(database.url)
})

beforeEach(async () => {
  await Promise.all(running.splice(0).map((driver) => driver.drain(1000)))
  // What an earlier test left undelivered would keep tables from being emptied.
  await database.query('delete from footing_events.subscriber')
  app = randomUUID()
})

afterAll(async () => {
  await Promise.all(running.splice(0).map((driver) => driver.drain(1000)))
  await source?.close()
  await database?.drop()
})

const open = (url: string) => openDataSource({ url, scope: () => undefined, poolSize: 6, connectTimeoutMs: 2000 })

function driverOn(data: DataSource, options: Partial<EventLogOptions> = {}): EventDriver {
  const driver = eventLog({ data, app, delivers: true, backoffMs: () => 20, pollMs: 20, leaseMs: 400, ...options })
  running.push(driver)
  return driver
}

function hears(
  handle: (event: EventEnvelope, delivery: Delivery) => unknown,
  more: Partial<Subscriber> = {},
): Subscriber {
  return {
    module: 'mail',
    emitter: 'billing',
    event: 'paid',
    deliver: async (event, delivery) => {
      try {
        await handle(event, delivery)
        return undefined
      } catch (error) {
        return { code: 'failed', message: String(error) }
      }
    },
    ...more,
  }
}

const envelope = (id: string, key?: string): EventEnvelope => ({
  id: `${app} ${id}`,
  module: 'billing',
  event: 'paid',
  key,
  payload: { id },
  at: Date.now(),
  requestId: 'request',
  traceId: 'trace',
})

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 30_000, interval: 10 })
const numberOf = ({ payload }: EventEnvelope) => Number((payload as { id: string }).id) // written by `envelope`
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

async function announce(from: number, to: number, keys = 5): Promise<void> {
  const writer = driverOn(source, { delivers: false })
  for (let id = from; id < to; id++) await writer.take(envelope(`${id}`, `${id % keys}`), undefined, 1000)
}

/** A data source of a process that may die: from then on nothing of it reaches the server. */
function mortal(data: DataSource, dies: (asked: number) => boolean): DataSource & { readonly dead: boolean } {
  let asked = 0
  let dead = false
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    dead ||= dies(++asked)
    if (dead) throw new Error('this process is dead')
    const result = await work()
    if (dead) throw new Error('this process is dead')
    return result
  }
  return {
    ...data,
    get stats() {
      return data.stats
    },
    get replicas() {
      return data.replicas
    },
    get keepsPreparedStatements() {
      return data.keepsPreparedStatements
    },
    get dead() {
      return dead
    },
    forModule<Tables>(module: string) {
      const db = data.forModule<Tables>(module)
      return {
        ...db,
        query: <Row extends object>(text: string, values?: readonly unknown[]) =>
          guard(() => db.query<Row>(text, values)),
        transaction: <T>(work: (tx: Transaction<Tables>) => Promise<T>) => guard(() => db.transaction(work)),
      }
    },
  }
}

/** An effect and its record in one transaction of the module. */
async function effectOf(data: DataSource, { id }: EventEnvelope, { settle }: Delivery): Promise<void> {
  await data.forModule('mail').transaction(async (tx) => {
    if (await settle(tx)) await tx.query('insert into public.effect (id, subscriber) values ($1, $2)', [id, app])
  })
}

async function effects(): Promise<readonly string[]> {
  const rows = await database.query('select id from public.effect where subscriber = $1', [app])
  return rows.map(({ id }) => String(id))
}

describe('a subscriber that is killed', () => {
  test('at each of its first statements: the next one goes on, each effect is there once, each key in order', async () => {
    const orders: number[][] = []
    for (let step = 4; step <= 20; step++) {
      app = randomUUID()
      const seen: number[] = []
      const data = mortal(source, (asked) => asked >= step)
      const first = driverOn(data)
      first.subscribe(hears((event, delivery) => effectOf(data, event, delivery), { from: 'beginning' }))
      await announce(0, 8, 3)
      await first.start()
      await until(() => data.dead)
      const second = driverOn(source)
      second.subscribe(
        hears(
          async (event, delivery) => {
            await effectOf(source, event, delivery)
            seen.push(numberOf(event))
          },
          { from: 'beginning' },
        ),
      )
      await second.start()
      await vi.waitUntil(async () => (await effects()).length >= 8, { timeout: 30_000, interval: 20 })
      await second.drain(5000)
      expect([...(await effects())].toSorted(), `dead at statement ${step}`).toEqual(
        upTo(8).map((id) => `${app} ${id}`),
      )
      orders.push(seen)
      void first.drain(0)
    }
    for (const seen of orders) {
      for (const key of upTo(3)) {
        const ofKey = seen.filter((id) => id % 3 === key)
        expect(ofKey).toEqual([...ofKey].toSorted((a, b) => a - b))
      }
    }
  }, 60_000)

  test('by one event again and again: that one is parked after its attempts, and the others of its key wait', async () => {
    const heard: number[] = []
    let deaths = 0
    const life = async (): Promise<EventDriver> => {
      let killed = false
      const data = mortal(source, () => killed)
      const driver = driverOn(data, { leaseMs: 200 })
      driver.subscribe(
        hears(
          (event) => {
            if (numberOf(event) === 2) {
              deaths++
              killed = true
              return new Promise(() => undefined)
            }
            heard.push(numberOf(event))
            return undefined
          },
          { attempts: 2, deadlineMs: 50, from: 'beginning' },
        ),
      )
      await driver.start()
      return driver
    }
    await announce(0, 6, 2)
    const admin = openEventsAdmin(source)
    const isParked = async () =>
      (await admin.parked({ subscriber: `${app}/mail:billing` })).some(({ parkedAt }) => parkedAt !== undefined)
    for (let parked = false; !parked; parked = await isParked()) {
      const before = deaths
      const driver = await life()
      await vi.waitUntil(async () => deaths > before || (await isParked()), { timeout: 10_000, interval: 20 })
      void driver.drain(0)
    }
    expect(deaths).toBe(3)
    expect([...new Set(heard)].toSorted()).toEqual([0, 1, 3, 5])
    const [parked] = await admin.parked({ subscriber: `${app}/mail:billing` })
    expect(parked).toMatchObject({ payload: { id: '2' }, code: 'event-handler-lost', behind: 1 })
  }, 60_000)

  test('one that lives on without its lease settles nothing more', async () => {
    const answers: unknown[] = []
    const resume = Promise.withResolvers<void>()
    let cut = false
    const data = mortal(source, () => cut)
    const first = driverOn(data)
    first.subscribe(
      hears(
        async (_event, { settle }) => {
          cut = true
          await resume.promise
          const settled = source.forModule('mail').transaction((tx) => settle(tx))
          answers.push(await settled.catch((error: { code?: string }) => error.code))
        },
        { from: 'beginning' },
      ),
    )
    await announce(0, 1)
    await first.start()
    await until(() => cut)
    const second = driverOn(source)
    second.subscribe(hears((event, delivery) => effectOf(source, event, delivery), { from: 'beginning' }))
    await second.start()
    await vi.waitUntil(async () => (await effects()).length === 1, { timeout: 20_000, interval: 20 })
    resume.resolve()
    await until(() => answers.length === 1)
    expect(answers).toEqual(['event-taken-over'])
    expect(await effects()).toHaveLength(1)
    void first.drain(0)
  }, 30_000)
})

/** A rotation that finds everything old enough. */
async function rotate(): Promise<void> {
  await database.query('select footing_events.rotate(-1, -1, 60000000)')
}

const rowsOf = async (slot: number) =>
  Number((await database.query(`select count(*) as n from footing_events.log_${slot}`))[0]?.n)

describe('tables that rotate', () => {
  test('keep what a subscriber three rotations behind needs, and are emptied when it has passed', async () => {
    const reader = driverOn(source, { delivers: false })
    reader.subscribe(hears(() => undefined))
    await reader.start()
    for (const turn of upTo(6)) {
      await announce(turn * 10, turn * 10 + 10)
      await rotate()
    }
    const heard: number[] = []
    const late = driverOn(source)
    late.subscribe(hears((event) => heard.push(numberOf(event))))
    await late.start()
    await until(() => heard.length === 60)
    for (const key of upTo(5)) expect(heard.filter((id) => id % 5 === key)).toEqual(upTo(12).map((n) => n * 5 + key))
    await late.drain(1000)
    await vi.waitUntil(
      async () => {
        await rotate()
        const [head] = await database.query('select slot from footing_events.head')
        const counts = await Promise.all(upTo(4).map((slot) => rowsOf(slot)))
        return counts.every((count, slot) => slot === Number(head?.slot) || count === 0)
      },
      { timeout: 10_000, interval: 20 },
    )
    const positions = await database.query(
      'select count(*) as n from footing_events.position where subscriber like $1',
      [`${app}/%`],
    )
    expect(Number(positions[0]?.n)).toBeGreaterThan(0)
  }, 30_000)

  test('a transaction that wrote before the rotations and commits after them is heard', async () => {
    const heard: number[] = []
    const driver = driverOn(source)
    driver.subscribe(hears((event) => heard.push(numberOf(event))))
    await driver.start()
    await source.forModule('billing').transaction(async (tx) => {
      await driver.take(envelope('0'), tx, 1000)
      for (const turn of upTo(5)) {
        await announce(turn + 1, turn + 2)
        await rotate()
      }
      await until(() => heard.length === 5)
    })
    await until(() => heard.length === 6)
    expect(heard.at(-1)).toBe(0)
  }, 30_000)

  test('ten thousand numbers that were rolled back leave no gap that anybody waits for', async () => {
    const heard: number[] = []
    const driver = driverOn(source)
    driver.subscribe(hears((event) => heard.push(numberOf(event))))
    await driver.start()
    const text = `select footing_events.append(n::text, $1, 'paid', null, '{}', 0, 'r', 't') from generate_series(1, 10000) n`
    const failed = source.forModule('billing').transaction(async (tx) => {
      await tx.query(text, [`${app}/billing`])
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    await announce(0, 3)
    await until(() => heard.length === 3)
  }, 30_000)
})

describe('an open transaction of somebody else', () => {
  test('an idle writer and an open snapshot: a thousand events flow, in order, and no table fills with dead rows', async () => {
    const heard: { id: number; waitedMs: number }[] = []
    const driver = driverOn(source)
    driver.subscribe(hears((event) => heard.push({ id: numberOf(event), waitedMs: Date.now() - event.at })))
    await driver.start()
    const finish = Promise.withResolvers<void>()
    const opened = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const idle = source.forModule('billing').transaction(async (tx) => {
      await driver.take(envelope('-1', 'idle'), tx, 1000)
      opened[0].resolve()
      await finish.promise
    })
    const reader = source.forModule('billing').transaction(
      async (tx) => {
        await tx.query('select 1')
        opened[1].resolve()
        await finish.promise
      },
      { isolation: 'repeatable read' },
    )
    await Promise.all(opened.map(({ promise }) => promise))
    await announce(0, 1000, 10)
    await until(() => heard.length === 1000)
    for (const key of upTo(10)) {
      expect(heard.map(({ id }) => id).filter((id) => id % 10 === key)).toEqual(upTo(100).map((n) => n * 10 + key))
    }
    const dead = await database.query(
      `select relname, n_dead_tup from pg_stat_user_tables where schemaname = 'footing_events' and n_dead_tup > 5000`,
    )
    // What was rolled back by another test lies in a table of the log until its rotation.
    expect(dead.filter(({ relname }) => !String(relname).startsWith('log_'))).toEqual([])
    finish.resolve()
    await Promise.all([idle, reader])
    await until(() => heard.length === 1001)
    expect(heard.at(-1)?.id).toBe(-1)
  }, 60_000)
})

describe('subscribers that come and go', () => {
  test('a new one begins where it says; a renamed one is a new one; one that is gone holds nothing', async () => {
    await announce(0, 5)
    const heard: Record<string, number[]> = { now: [], beginning: [], renamed: [] }
    const listen = async (module: string, from: 'now' | 'beginning') => {
      const driver = driverOn(source)
      driver.subscribe(hears((event) => heard[module]?.push(numberOf(event)), { module, from }))
      await driver.start()
      return driver
    }
    await listen('now', 'now')
    const old = await listen('beginning', 'beginning')
    await announce(5, 7)
    await until(() => heard.now?.length === 2 && heard.beginning?.length === 7)
    expect(heard.now?.toSorted()).toEqual([5, 6])
    await old.drain(1000)
    await listen('renamed', 'beginning')
    await until(() => heard.renamed?.length === 7)
    const admin = openEventsAdmin(source)
    expect(await admin.forget({ subscriber: `${app}/beginning:billing`, dryRun: true })).toBe(1)
    expect(await admin.forget({ subscriber: `${app}/beginning:billing` })).toBe(1)
    const left = (await admin.subscribers()).filter(({ application }) => application === app)
    expect(left.map(({ module, held }) => [module, held])).toEqual([
      ['now', true],
      ['renamed', true],
    ])
  }, 30_000)

  test('a second event of the same module, from the beginning: what is heard already does not come again', async () => {
    const heard: string[] = []
    const writer = driverOn(source, { delivers: false })
    for (const event of ['paid', 'refunded', 'paid']) await writer.take({ ...envelope(event), event }, undefined, 1000)
    const one = driverOn(source)
    one.subscribe(hears((event) => heard.push(event.event), { from: 'beginning' }))
    await one.start()
    await until(() => heard.length === 2)
    await one.drain(1000)
    const two = driverOn(source)
    for (const event of ['paid', 'refunded'])
      two.subscribe(hears((given) => heard.push(given.event), { event, from: 'beginning' }))
    await two.start()
    await writer.take({ ...envelope('last'), event: 'paid' }, undefined, 1000)
    await until(() => heard.length === 4)
    expect(heard.toSorted()).toEqual(['paid', 'paid', 'paid', 'refunded'])
  }, 30_000)

  test('two applications of one database do not hear each other', async () => {
    const heard: string[] = []
    const [one, two] = [driverOn(source), driverOn(source, { app: `${app} other` })]
    for (const [name, driver] of Object.entries({ one, two })) {
      driver.subscribe(hears((event) => heard.push(`${name} ${numberOf(event)}`)))
      await driver.start()
    }
    await one.take(envelope('1'), undefined, 1000)
    await two.take(envelope('2'), undefined, 1000)
    await until(() => heard.length === 2)
    expect(heard.toSorted()).toEqual(['one 1', 'two 2'])
  })
})

describe('an operator', () => {
  test('sees what is parked, tries it again, or skips it, and its key goes on', async () => {
    const heard: number[] = []
    let broken = true
    const driver = driverOn(source)
    driver.subscribe(
      hears(
        (event) => {
          if (broken && numberOf(event) % 2 === 0) throw new Error('no such customer')
          heard.push(numberOf(event))
        },
        { attempts: 2 },
      ),
    )
    await driver.start()
    const subscriber = `${app}/mail:billing`
    const admin = openEventsAdmin(source)
    for (const [id, key] of [
      [0, 'a'],
      [1, 'a'],
      [2, 'b'],
      [3, 'b'],
      [5, 'c'],
    ] as const)
      await driver.take(envelope(`${id}`, key), undefined, 1000)
    await vi.waitUntil(async () => (await admin.retry({ subscriber, dryRun: true })) === 2, { timeout: 20_000 })
    expect(heard).toEqual([5])
    const parked = await admin.parked({ subscriber })
    expect(parked[0]).toMatchObject({ attempts: 2, code: 'failed', reason: 'Error: no such customer', behind: 1 })
    broken = false
    const [first, second] = parked
    expect(await admin.retry({ subscriber, ids: [String(first?.id)] })).toBe(1)
    await until(() => heard.length === 3)
    expect(await admin.skip({ ids: [String(second?.id)] })).toBe(1)
    await until(() => heard.length === 4)
    await driver.take(envelope('7', String(second?.key)), undefined, 1000)
    await until(() => heard.length === 5)
    const status = (await admin.subscribers()).find(({ name }) => name === subscriber)
    expect(status).toMatchObject({ parked: 0, deferred: 0, held: true, module: 'mail', emitter: 'billing' })
    await expect(admin.retry({ subscriber: 'mial:billing' })).rejects.toMatchObject({
      code: 'event-subscriber-unknown',
    })
    await expect(admin.replay({ subscriber, from: 'noon' })).rejects.toMatchObject({ code: 'event-time-invalid' })
  }, 30_000)

  test('replays what is kept from a time on: handlers run again, what was settled stays done once', async () => {
    const heard: number[] = []
    const driver = driverOn(source)
    driver.subscribe(
      hears(async (event, delivery) => {
        await effectOf(source, event, delivery)
        heard.push(numberOf(event))
      }),
    )
    await driver.start()
    await announce(0, 3)
    await until(() => heard.length === 3)
    const [now] = await database.query('select clock_timestamp()::text as at')
    await announce(3, 6)
    await until(() => heard.length === 6)
    const admin = openEventsAdmin(source)
    const choice = { subscriber: `${app}/mail:billing`, from: String(now?.at) }
    expect(await admin.replay({ ...choice, dryRun: true })).toBe(3)
    expect(await admin.replay(choice)).toBe(3)
    await until(() => heard.length === 9)
    expect(heard.slice(6).toSorted()).toEqual([3, 4, 5])
    expect(await effects()).toHaveLength(6)
    await announce(6, 7)
    await until(() => heard.length === 10)
  }, 30_000)
})

describe('a database that goes away', () => {
  test('connections that are ended, a cut network and a read-only server: all is delivered when it is back', async () => {
    const proxy = await openChaosProxy(database.directUrl)
    const data = open(proxy.url)
    const heard: number[] = []
    const troubles: unknown[] = []
    const driver = driverOn(data, { onTrouble: (_what, error) => troubles.push(error) })
    driver.subscribe(hears((event) => heard.push(numberOf(event))))
    await driver.start()
    try {
      await announce(0, 5)
      await until(() => new Set(heard).size === 5)
      await database.terminateConnections()
      await vi.waitUntil(
        () =>
          announce(5, 10).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000, interval: 50 },
      )
      await until(() => new Set(heard).size === 10)
      proxy.accept(false)
      proxy.cut()
      await announce(10, 15)
      await until(() => troubles.length > 0)
      proxy.accept(true)
      await until(() => new Set(heard).size === 15)
      const [name] = await database.query('select current_database() as name')
      await database.query(`alter database ${name?.name} set default_transaction_read_only = on`)
      proxy.cut()
      await expect(driver.take(envelope('99'), undefined, 1000)).rejects.toMatchObject({ code: expect.any(String) })
      await database.query(`begin read write; alter database ${name?.name} reset default_transaction_read_only; commit`)
      proxy.cut()
      await announce(15, 20)
      await until(() => new Set(heard).size === 20)
    } finally {
      await driver.drain(1000)
      running.splice(running.indexOf(driver), 1)
      await data.close()
      await proxy.close()
    }
  }, 60_000)

  test('restored into another cluster, whose transactions begin at lower numbers: all that is kept comes again, and what is new', async () => {
    const heard: number[] = []
    let adopted = 0
    const listen = async () => {
      const driver = driverOn(source, { onAdopted: () => adopted++ })
      driver.subscribe(hears((event) => heard.push(numberOf(event))))
      await driver.start()
      return driver
    }
    const first = await listen()
    await announce(0, 5)
    await until(() => heard.length === 5)
    await first.drain(1000)
    await announce(5, 7)
    // What a dump of a cluster far ahead looks like here.
    await database.query(`update footing_events.log set x = '4000000000'::xid8 where origin = '${app}/billing'`)
    await database.query(
      `update footing_events.position set snapshot = '4000000000:4000000000:' where subscriber like '${app}/%'`,
    )
    await listen()
    await announce(7, 9)
    await until(() => new Set(heard).size === 9)
    expect(adopted).toBe(1)
  }, 30_000)

  test('a database without the log is told at the start', async () => {
    const empty = await createTestDatabase({ pooled: false })
    const data = open(empty.url)
    const driver = eventLog({ data, app, delivers: true })
    await expect(driver.start()).rejects.toMatchObject({ code: 'events-tables-missing' })
    await data.close()
    await empty.drop()
  })
})
