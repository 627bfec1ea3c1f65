import { type ManualClock, manualClock } from '@footing/core/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type Newcomer, type RunningConduit, startConduit } from '../specification/running-conduit.ts'
import { type Invoice, invoicePage, plan, pledge, support } from './pledge.ts'

const start = Date.parse('2026-01-31T12:00:00Z')
const day = 86_400_000

let clock: ManualClock
let conduit: RunningConduit

beforeAll(async () => {
  clock = manualClock(start)
  conduit = await startConduit({ clock, env: { TOKEN_HOURS: '8760' } })
})

afterAll(() => conduit?.stop())

/** Sends a request to one of billing's own routes and reads the answer by the route's schema. */
async function send<Schema extends z.ZodType>(
  schema: Schema,
  method: string,
  path: string,
  who?: Newcomer,
  body?: object,
) {
  const response = await fetch(`${conduit.url}${path}`, {
    method,
    headers: {
      ...(who === undefined ? {} : { authorization: `Token ${who.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  expect(response.status, `${method} ${path}`).toBeLessThan(300)
  return schema.parse(await response.json())
}

async function refusal(method: string, path: string, who?: Newcomer, body?: object): Promise<[number, string]> {
  const response = await fetch(`${conduit.url}${path}`, {
    method,
    headers: {
      ...(who === undefined ? {} : { authorization: `Token ${who.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const { code } = z.object({ code: z.string() }).parse(await response.json())
  return [response.status, code]
}

const pledgeAnswer = z.object({ pledge })

async function authorWithPlan(amountCents: number): Promise<Newcomer> {
  const author = await conduit.newcomer('author')
  await send(z.object({ plan }), 'PUT', '/plan', author, { plan: { amountCents } })
  return author
}

async function invoicesOf(reader: Newcomer): Promise<readonly Invoice[]> {
  return (await send(invoicePage, 'GET', '/invoices?limit=100', reader)).invoices
}

async function publishForSupporters(author: Newcomer, title: string) {
  const article = { title, description: 'd', body: 'The secret text', supportersOnly: true }
  return (await conduit.api.call('CreateArticle', { token: author.token, body: { article } })).data.article
}

/** Billing hears of articles by event: a moment later, in whichever process it is. */
async function countedForSupporters(author: Newcomer, articles: number): Promise<void> {
  const text = 'select from billing.publication p join identity.account a on a.id = p.author_id where a.username = $1'
  const published = () => conduit.database.query(text, [author.username])
  await vi.waitUntil(async () => (await published()).length === articles, { timeout: 20_000, interval: 20 })
}

async function read(slug: string, who?: Newcomer) {
  const input = who === undefined ? {} : { token: who.token }
  return (await conduit.api.call('GetArticle', { params: { slug }, ...input })).data.article
}

describe('supporters-only articles', () => {
  test('their text is for the author and supporters; everybody sees that they exist', async () => {
    const author = await authorWithPlan(500)
    const supporter = await conduit.newcomer('supporter')
    const reader = await conduit.newcomer('reader')
    const { slug } = await publishForSupporters(author, 'For supporters')
    await send(pledgeAnswer, 'POST', `/profiles/${author.username}/pledge`, supporter)

    expect(await read(slug, author)).toMatchObject({ body: 'The secret text', locked: false })
    expect(await read(slug, supporter)).toMatchObject({ body: 'The secret text', locked: false })
    for (const who of [reader, undefined]) {
      const seen = await read(slug, who)
      expect(seen).toMatchObject({ supportersOnly: true, locked: true })
      expect(JSON.stringify(seen)).not.toContain('secret')
    }
    const favorite = await conduit.api.call('CreateArticleFavorite', { params: { slug }, token: reader.token })
    expect(JSON.stringify(favorite.data)).not.toContain('secret')
    const body = { comment: { body: 'Let me in' } }
    const refused = await conduit.api.call('CreateArticleComment', { params: { slug }, token: reader.token, body })
    expect([refused.status, refused.error.code]).toEqual([403, 'supporters-only'])
    const heard = await conduit.api.call('CreateArticleComment', { params: { slug }, token: supporter.token, body })
    expect(heard.status).toBe(200)
  })

  test('who leaves keeps what is paid for, to the day', async () => {
    const author = await authorWithPlan(500)
    const reader = await conduit.newcomer('reader')
    const { slug } = await publishForSupporters(author, 'Until the end')
    const { pledge: started } = await send(pledgeAnswer, 'POST', `/profiles/${author.username}/pledge`, reader)
    const { pledge: ended } = await send(pledgeAnswer, 'DELETE', `/profiles/${author.username}/pledge`, reader)
    expect(ended).toEqual({ ...started, ended: true })
    expect((await read(slug, reader)).locked).toBe(false)
    await clock.advance(Date.parse(ended.coveredUntil) - day - clock.now())
    expect((await read(slug, reader)).locked).toBe(false)
    await clock.advance(day)
    expect((await read(slug, reader)).locked).toBe(true)
  })
})

describe('pledges and invoices', () => {
  test('billing hears which articles are for supporters, and which are not any more', async () => {
    const author = await authorWithPlan(500)
    const { slug } = await publishForSupporters(author, 'Heard of')
    await publishForSupporters(author, 'Heard of as well')
    await countedForSupporters(author, 2)
    const open = { params: { slug }, token: author.token, body: { article: { supportersOnly: false } } }
    await conduit.api.call('UpdateArticle', open)
    await countedForSupporters(author, 1)
    const { slug: other } = await publishForSupporters(author, 'Gone soon')
    await countedForSupporters(author, 2)
    await conduit.api.call('DeleteArticle', { params: { slug: other }, token: author.token })
    await countedForSupporters(author, 1)
  })

  test('a pledge begins with an invoice; the monthly run adds one a month, however often it runs', async () => {
    const author = await authorWithPlan(750)
    const reader = await conduit.newcomer('reader')
    await publishForSupporters(author, 'What the first month pays for')
    await countedForSupporters(author, 1)
    const today = new Date(clock.now()).toISOString().slice(0, 10)
    const { pledge: started } = await send(pledgeAnswer, 'POST', `/profiles/${author.username}/pledge`, reader)
    expect(started).toMatchObject({ author: author.username, amountCents: 750, startedOn: today, ended: false })
    expect(await invoicesOf(reader)).toMatchObject([
      { periodStart: today, amountCents: 750, articles: 1, paidAt: null },
    ])

    for (let month = 1; month <= 3; month++) {
      await clock.advance(31 * day)
      const runs = await Promise.all([1, 2, 3].map(() => conduit.ports.billing.issueDue()))
      expect(runs.reduce((sum, { issued }) => sum + issued, 0)).toBeGreaterThan(0)
      expect(await conduit.ports.billing.issueDue()).toEqual({ issued: 0 })
    }
    const invoices = [...(await invoicesOf(reader))].reverse()
    expect(invoices).toHaveLength(4)
    for (const [index, { periodStart }] of invoices.slice(1).entries())
      expect(periodStart).toBe(invoices[index]?.periodEnd)
    expect(invoices.map(({ articles }) => articles)).toEqual([1, 0, 0, 0])
    const { pledges } = await send(z.object({ pledges: z.array(pledge) }), 'GET', '/pledges', reader)
    expect(pledges[0]?.coveredUntil).toBe(invoices.at(-1)?.periodEnd)
    expect(await send(z.object({ support }), 'GET', '/support', author)).toEqual({
      support: { supporters: 1, monthlyCents: 750 },
    })
  })

  test('ten clicks at once start one pledge with one invoice', async () => {
    const author = await authorWithPlan(300)
    const reader = await conduit.newcomer('reader')
    const clicks = Array.from({ length: 10 }, () =>
      fetch(`${conduit.url}/profiles/${author.username}/pledge`, {
        method: 'POST',
        headers: { authorization: `Token ${reader.token}` },
      }),
    )
    const statuses = (await Promise.all(clicks)).map(({ status }) => status).sort()
    expect(statuses).toEqual([201, ...Array<number>(9).fill(422)])
    expect(await invoicesOf(reader)).toHaveLength(1)
  })

  test('paying twice keeps the first date, and nobody pays what is not theirs', async () => {
    const author = await authorWithPlan(300)
    const reader = await conduit.newcomer('reader')
    await send(pledgeAnswer, 'POST', `/profiles/${author.username}/pledge`, reader)
    const id = (await invoicesOf(reader))[0]?.id
    const pay = () =>
      send(z.object({ invoice: z.object({ paidAt: z.string() }) }), 'POST', `/invoices/${id}/payment`, reader)
    const first = await pay()
    expect(await pay()).toEqual(first)
    expect(await refusal('POST', `/invoices/${id}/payment`, author)).toEqual([404, 'invoice-missing'])
  })

  test('refusals are coded', async () => {
    const author = await authorWithPlan(300)
    const reader = await conduit.newcomer('reader')
    const path = `/profiles/${author.username}/pledge`
    expect(await refusal('POST', path)).toEqual([401, 'unauthenticated'])
    expect(await refusal('POST', path, author)).toEqual([422, 'self-support'])
    expect(await refusal('DELETE', path, reader)).toEqual([404, 'pledge-missing'])
    expect(await refusal('POST', `/profiles/${reader.username}/pledge`, author)).toEqual([404, 'plan-missing'])
    expect(await refusal('POST', '/profiles/nobody/pledge', author)).toEqual([404, 'profile-missing'])
    for (const amountCents of [0, -5, 99, 100_001, 1.5, '500', null]) {
      expect(await refusal('PUT', '/plan', author, { plan: { amountCents } })).toEqual([422, 'invalid-input'])
    }
    for (const id of ['0', '-1', 'one', '99999999999999999999', "1' or 1=1", '%00']) {
      expect((await refusal('POST', `/invoices/${id}/payment`, reader))[0]).toBe(422)
    }
    expect(await refusal('POST', '/invoices/9223372036854775808/payment', reader)).toEqual([422, 'invalid-input'])
  })
})
