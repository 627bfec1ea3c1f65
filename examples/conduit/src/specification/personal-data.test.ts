// A reader who wrote, liked, followed and paid asks for their data, then to be forgotten.
import { checkPersonalData, readAccessLog, verifyAccessLog } from '@footing/core/records'
import { startTestApp, type TestApp } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { app } from '../app.ts'
import { testSecret } from './running-conduit.ts'

let running: TestApp<typeof app.options.modules>
let ada: { readonly id: string; readonly token: string }
let bob: { readonly id: string; readonly token: string }

beforeAll(async () => {
  running = await startTestApp(app, { env: { TOKEN_SECRET: testSecret } })
  ada = await join('ada')
  bob = await join('bob')
  const { content, identity, billing } = running.app.ports
  await billing.setPlan({ authorId: bob.id, plan: { amountCents: 500 } })
  await billing.setPlan({ authorId: ada.id, plan: { amountCents: 300 } })
  const article = (title: string) => ({ title, description: 'd', body: 'b', tagList: ['tag'], supportersOnly: false })
  await content.publish({ authorId: ada.id, article: article('By Ada') })
  await content.publish({ authorId: bob.id, article: article('By Bob') })
  await content.favorite({ slug: 'by-bob', readerId: ada.id })
  await content.addComment({ slug: 'by-bob', authorId: ada.id, comment: { body: 'From Ada' } })
  await identity.follow({ username: 'bob', followerId: ada.id })
  await identity.follow({ username: 'ada', followerId: bob.id })
  await billing.pledge({ readerId: ada.id, author: 'bob' })
})
afterAll(() => running?.stop())

async function join(username: string) {
  const { account, token } = await running.app.ports.identity.register({
    username,
    email: `${username}@example.com`,
    password: 'correct horse battery',
  })
  return { id: account.id, token }
}

async function exported(user: string): Promise<string> {
  let text = ''
  for await (const part of running.app.personalData.export(user)) text += part
  return text
}

test('every column of every table is classified', async () => {
  expect(await checkPersonalData(running.database.directUrl, app.modules)).toMatchObject({ declared: true, faults: [] })
})

test('the export has all of Ada and neither her password nor anything of Bob', async () => {
  const text = await exported(ada.id)
  const { modules } = JSON.parse(text) as { modules: Record<string, Record<string, readonly unknown[]>> }
  const counts = Object.entries(modules).flatMap(([module, tables]) =>
    Object.entries(tables).map(([table, rows]) => `${module}.${table} ${rows.length}`),
  )
  expect(counts).toEqual([
    'identity.account 1',
    'identity.follow 2',
    'billing.plan 1',
    'billing.pledge 1',
    'billing.invoice 1',
    'billing.publication 0',
    'content.article 1',
    'content.favorite 1',
    'content.comment 1',
  ])
  expect(text).not.toMatch(/scrypt|bob@example/)
})

test('the access log says who changed an account in which request, and who read an invoice', async () => {
  const token = { authorization: `Token ${ada.token}`, 'content-type': 'application/json' }
  await fetch(`${running.url}/api/user`, {
    method: 'PUT',
    headers: { ...token, 'x-request-id': 'change-of-ada' },
    body: JSON.stringify({ user: { bio: 'A private life' } }),
  })
  await running.app.ports.billing.invoices({ readerId: ada.id, limit: 10, offset: 0 })
  const [changed] = await readAccessLog(running.database.directUrl, { table: 'identity.account', key: { id: ada.id } })
  expect(changed).toMatchObject({
    operation: 'update',
    user: ada.id,
    columns: ['bio', 'updated_at'],
    changes: { bio: { redacted: true } },
    source: expect.stringContaining('identity.changeAccount'),
  })
  expect(JSON.stringify(changed)).not.toContain('private')
  const reads = await readAccessLog(running.database.directUrl, { table: 'billing.invoice', operation: 'read' })
  expect(reads.some(({ key, source }) => key !== null && source === 'billing.invoices')).toBe(true)
})

test('forgotten: no trace of the person, totals and invoices right, writes refused, the log holds', async () => {
  const { content, billing } = running.app.ports
  const proof = await running.app.personalData.erase(ada.id)
  expect(proof.tables.map(({ module, table, rows, kept }) => `${module}.${table} ${rows} ${kept}`)).toEqual([
    'content.article 1 0',
    'content.favorite 1 0',
    'content.comment 1 0',
    'billing.plan 1 0',
    'billing.pledge 1 1',
    'billing.invoice 0 1',
    'billing.publication 0 0',
    'identity.account 1 1',
    'identity.follow 2 0',
  ])
  const page = await content.list({ limit: 10, offset: 0 })
  expect(page).toMatchObject({ articlesCount: 1, articles: [{ slug: 'by-bob', favoritesCount: 0 }] })
  expect(await billing.support({ authorId: bob.id })).toEqual({ supporters: 0, monthlyCents: 0 })
  expect(await exported(ada.id)).not.toMatch(/ada@example|"ada"|private|From Ada/)
  await expect(
    content.addComment({ slug: 'by-bob', authorId: ada.id, comment: { body: 'still here' } }),
  ).rejects.toMatchObject({ code: 'personal-data-erased' })
  await expect(
    running.app.ports.identity.logIn({ email: 'ada@example.com', password: 'correct horse battery' }),
  ).rejects.toMatchObject({ code: 'credentials-wrong' })
  expect(await readAccessLog(running.database.directUrl, { user: ada.id })).toEqual([])
  expect(await verifyAccessLog(running.database.directUrl, app.modules)).toMatchObject({ ok: true, faults: [] })
  // Her token would be valid for two weeks; it opens nothing, also where nobody has to be known.
  for (const [method, path] of [
    ['GET', '/user'],
    ['PUT', '/user'],
    ['GET', '/articles'],
    ['POST', '/profiles/bob/follow'],
  ] as const) {
    const answer = await fetch(`${running.url}/api${path}`, {
      method,
      headers: { authorization: `Token ${ada.token}`, 'content-type': 'application/json' },
      ...(method === 'PUT' ? { body: JSON.stringify({ user: { bio: 'back', password: 'a new password' } }) } : {}),
    })
    expect([answer.status, ((await answer.json()) as { code?: string }).code]).toEqual([
      401,
      'personal-data-access-ended',
    ])
  }
  // Neither does a request that was let in before: what was emptied stays empty.
  await expect(
    running.app.ports.identity.changeAccount({ id: ada.id, changes: { bio: 'back', password: 'a new password' } }),
  ).rejects.toMatchObject({ code: 'personal-data-erased' })
  const again = await running.app.personalData.erase(ada.id)
  expect(again.tables).toEqual(proof.tables)
  // The name is free again, for somebody who is somebody else.
  expect((await join('ada')).id).not.toBe(ada.id)
})
