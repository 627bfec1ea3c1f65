// The driver in memory against the cases of every driver, on the transactions of a real PostgreSQL.

import { systemClock } from '@footing/kernel'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Database, DataSource } from '../../data/contract/contract.ts'
import { openDataSource } from '../../data/data-source.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { appliesTo, type EventHarness, eventConformance } from '../conformance.ts'
import type { EventDriver } from '../contract/contract.ts'
import { eventGuarantees } from '../contract/contract.ts'
import { inProcessEvents, inProcessGuarantees } from './in-process.ts'

let database: TestDatabase
let source: DataSource
let db: Database<Record<never, never>>

beforeAll(async () => {
  database = await createTestDatabase()
  source = openDataSource({ url: database.url, scope: () => undefined, poolSize: 4 })
  db = source.forModule('billing')
})

afterAll(async () => {
  await source?.close()
  await database?.drop()
})

describe('conformance', () => {
  const runnable = eventConformance.filter((one) => appliesTo(one, inProcessGuarantees))

  test('what is skipped needs what the driver does not claim', () => {
    const claimed = eventConformance.filter(
      ({ without, guarantees }) => without !== undefined || guarantees.length === 0,
    )
    expect(runnable).toEqual(expect.arrayContaining(claimed))
    expect(Object.keys(inProcessGuarantees).toSorted()).toEqual([...eventGuarantees].toSorted())
  })

  test.each(runnable)('$name', async ({ run }) => {
    const drivers: EventDriver[] = []
    const harness: EventHarness = {
      driver: (options) => {
        const driver = inProcessEvents({ clock: systemClock, ...options })
        drivers.push(driver)
        return driver
      },
      transaction: (work) =>
        db.transaction(async (tx) => {
          // A transaction that asks nothing is never begun on the server.
          await tx.query('select 1')
          return work(tx)
        }),
      until: async (condition) => {
        await vi.waitUntil(condition, { timeout: 5000, interval: 5 })
      },
    }
    await run(harness)
    await Promise.all(drivers.map((driver) => driver.drain(100)))
  })
})

test('a commit that fails is a rollback', async () => {
  const heard: string[] = []
  const events = inProcessEvents({ clock: systemClock })
  const deliver = async ({ id }: { id: string }) => {
    heard.push(id)
    return undefined
  }
  events.subscribe({ module: 'mail', emitter: 'billing', event: 'paid', deliver })
  await events.start()
  const envelope = { module: 'billing', event: 'paid', payload: {}, at: 0, requestId: 'r', traceId: 't' }
  const failed = db.transaction(async (tx) => {
    await events.take({ ...envelope, id: 'lost' }, tx, 1000)
    // The transaction is broken from here on, and its commit answers ROLLBACK.
    await tx.query('select nothing from nowhere').catch(() => undefined)
  })
  await expect(failed).rejects.toMatchObject({ code: 'data-transaction-failed' })
  await events.take({ ...envelope, id: 'kept' }, undefined, 1000)
  expect(await events.drain(5000)).toBe(0)
  expect(heard).toEqual(['kept'])
})

test('a transaction that is over takes no event', async () => {
  const events = inProcessEvents({ clock: systemClock })
  events.subscribe({ module: 'mail', emitter: 'billing', event: 'paid', deliver: async () => undefined })
  const envelope = { id: '1', module: 'billing', event: 'paid', payload: {}, at: 0, requestId: 'r', traceId: 't' }
  const leaked = await db.transaction(async (tx) => tx)
  await expect(events.take(envelope, leaked, 1000)).rejects.toMatchObject({ code: 'data-transaction-over' })
  expect(await events.drain(100)).toBe(0)
})
