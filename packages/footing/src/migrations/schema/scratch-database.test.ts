// Scratch databases go away whatever happens, also those of runs that were killed.
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../testing/test-database.ts'
import { mayCreateDatabases, withScratchDatabase } from './scratch-database.ts'

test('it is dropped after use and after a fault; one that a killed run left is dropped by a later run, a young one is not', async () => {
  const database = await createTestDatabase({ pooled: false })
  // A clock of its own, so that nobody else's scratch database looks old.
  const then = new Date('2001-01-01T00:00:00Z')
  const hours = (count: number) => new Date(then.getTime() + count * 3_600_000)
  const abandoned = `footing_scratch_${then.getTime()}_abcdef12`
  const left = async () =>
    (await database.query(`select datname from pg_database where datname like 'footing\\_scratch\\_9%'`)).length
  const exists = async () =>
    (await database.query('select from pg_database where datname = $1', [abandoned])).length === 1
  try {
    await database.query(`create database ${abandoned}`)
    expect(await mayCreateDatabases(database.directUrl)).toBe(true)
    expect(await withScratchDatabase(database.directUrl, hours(1), async (url) => new URL(url).pathname)).toContain(
      `footing_scratch_${hours(1).getTime()}`,
    )
    expect(await exists()).toBe(true)
    const fault = withScratchDatabase(database.directUrl, hours(2), () => Promise.reject(new Error('on purpose')))
    await expect(fault).rejects.toThrow('on purpose')
    expect(await left()).toBe(1) // the young one
    await withScratchDatabase(database.directUrl, hours(7), async () => undefined)
    expect(await exists()).toBe(false)
  } finally {
    await database.query(`drop database if exists ${abandoned}`)
    await database.drop()
  }
})
