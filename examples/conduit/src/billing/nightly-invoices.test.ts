import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type RunningConduit, startConduit } from '../specification/running-conduit.ts'

let conduit: RunningConduit
beforeAll(async () => {
  conduit = await startConduit()
})
afterAll(() => conduit?.stop())

test('the schedule issues what is due, wherever billing runs', async () => {
  const author = await conduit.newcomer('author')
  const reader = await conduit.newcomer('reader')
  const send = (method: string, path: string, token: string, body?: object) =>
    fetch(`${conduit.url}${path}`, {
      method,
      headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  await send('PUT', '/plan', author.token, { plan: { amountCents: 900 } })
  expect((await send('POST', `/profiles/${author.username}/pledge`, reader.token)).status).toBe(201)
  // A month has passed.
  await conduit.database.query('update billing.pledge set covered_until = current_date - 1')
  // As footing cron trigger asks for it.
  await conduit.database.query(
    `insert into footing_cron.tick (schedule, tick, kind, state, run_at)
     values ('billing.invoices', date_trunc('milliseconds', now()), 'manual', 'waiting', now())`,
  )
  const done = async () => {
    const rows = await conduit.database.query(
      `select 1 from footing_cron.tick where kind = 'manual' and state = 'done'`,
    )
    return rows.length === 1
  }
  await vi.waitUntil(done, { timeout: 25_000, interval: 100 })
  expect(await conduit.database.query('select count(*)::int as count from billing.invoice')).toEqual([{ count: 2 }])
  expect(await conduit.ports.billing.issueDue()).toEqual({ issued: 0 })
})
