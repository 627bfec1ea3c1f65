// Points in time are those of the driver's own reader, for whatever the server may write.
import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../testing/test-database.ts'
import { readTimestamp as readBytes } from './read-timestamp.ts'

const driver = pg.types.getTypeParser(1184, 'text') as (text: string) => unknown
/** In the middle of other bytes, as they come from the socket. */
const readTimestamp = (text: string) => {
  const bytes = Buffer.from(`99${text}99`)
  return readBytes(bytes, 2, bytes.length - 2)
}
const digits = (length: number) =>
  fc.integer({ min: 0, max: 10 ** length - 1 }).map((n) => `${n}`.padStart(length, '0'))
const written = fc
  .record({
    date: fc.date({
      min: new Date('0100-01-01T00:00:00Z'),
      max: new Date('9999-12-31T00:00:00Z'),
      noInvalidDate: true,
    }),
    fraction: fc.option(fc.integer({ min: 1, max: 6 }).chain(digits)),
    offset: fc.constantFrom('+00', '-08', '+05:30', '-03:30', '+14', '+00:19:32'),
  })
  .map(({ date, fraction, offset }) => {
    const day = date.toISOString().slice(0, 19).replace('T', ' ')
    return `${day}${fraction === null ? '' : `.${fraction}`}${offset}`
  })

test('any moment with four digits of the year, any fraction and offset', () => {
  fc.assert(
    fc.property(written, (text) => {
      const read = readTimestamp(text)
      // Seconds in an offset are the driver's business.
      if (text.endsWith('+00:19:32')) expect(read).toBeUndefined()
      else expect(read).toEqual(driver(text))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  'infinity',
  '-infinity',
  '0044-03-15 12:00:00+00 BC',
  '12026-01-01 00:00:00+00',
  '0001-01-01 00:00:00+00',
  '',
])('%s is left to the driver', (text) => expect(readTimestamp(text)).toBeUndefined())

test('hostile text is no moment', () => {
  fc.assert(fc.property(fc.string(), (text) => void expect(readTimestamp(text)).toBeUndefined()))
  for (const text of [
    '2026-11-30 11:09:07.6x+00',
    '2026-1x-30 11:09:07+00',
    '2026-11-30T11:09:07+00',
    '2026-11-30 11:09:07.+00',
  ]) {
    expect(readTimestamp(text) ?? driver(text)).toEqual(driver(text))
  }
})

test('what a server writes, in several time zones', async () => {
  const database = await createTestDatabase()
  for (const zone of ['UTC', 'Asia/Kathmandu', 'America/St_Johns', 'Europe/Amsterdam']) {
    const rows = await database.query(
      `select (at at time zone '${zone}')::text || to_char(at, 'TZH') as one, at::text as text, extract(epoch from at) * 1000 as ms
         from (select timestamptz '1890-01-01' + n * interval '397 days 7 hours 13 minutes 1.234567 seconds' as at
                 from generate_series(0, 200) n) as moments`,
    )
    for (const { text, ms } of rows) expect(readTimestamp(String(text))?.getTime()).toBe(Math.floor(Number(ms)))
  }
  await database.drop()
})
