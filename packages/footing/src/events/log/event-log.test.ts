// The log in the database against the cases of every driver, through a pooler in transaction mode.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Database, DataSource } from '../../data/contract/contract.ts'
import { openDataSource } from '../../data/data-source.ts'
import { migrateOwnTables } from '../../migrations/apply/migrate-own-tables.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { appliesTo, type EventHarness, eventConformance } from '../conformance.ts'
import { type EventDriver, eventGuarantees } from '../contract/contract.ts'
import { eventLog, eventLogGuarantees } from './event-log.ts'

let database: TestDatabase
let source: DataSource
let db: Database<Record<never, never>>

beforeAll(async () => {
  database = await createTestDatabase()
  await migrateOwnTables(database.directUrl, 'footing_events', new URL('./migrations/', import.meta.url))
  source = openDataSource({ url: database.url, scope: () => undefined, poolSize: 6 })
  db = source.forModule('billing')
})

afterAll(async () => {
  await source?.close()
  await database?.drop()
})

describe('conformance', () => {
  const promises = eventLogGuarantees(60_000)
  const runnable = eventConformance.filter((one) => appliesTo(one, promises))

  test('nothing is skipped but what is for a driver in memory', () => {
    const skipped = eventConformance.filter((one) => !runnable.includes(one))
    expect(
      skipped.filter(({ without, guarantees }) => without !== 'durable' && !guarantees.includes('ordered')),
    ).toEqual([])
    expect(Object.keys(promises).toSorted()).toEqual([...eventGuarantees].toSorted())
  })

  test.each(runnable)('$name', async ({ run }) => {
    const drivers: EventDriver[] = []
    const app = randomUUID()
    const harness: EventHarness = {
      driver: () => {
        const driver = eventLog({ data: source, app, delivers: true, backoffMs: () => 20, pollMs: 20 })
        drivers.push(driver)
        return driver
      },
      transaction: (work) =>
        db.transaction(async (tx) => {
          await tx.query('select 1')
          return work(tx)
        }),
      until: async (condition) => {
        await vi.waitUntil(condition, { timeout: 15_000, interval: 5 })
      },
    }
    await run(harness)
    await Promise.all(drivers.map((driver) => driver.drain(100)))
  })
})
