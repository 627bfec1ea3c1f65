// Requests that carry an Idempotency-Key, over HTTP and behind PgBouncer: one effect, one answer, for its sender only.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { route } from '../module/route.ts'
import { startTestApp, type TestApp } from '../testing/start-test-app.ts'
import { idempotencyKey } from './idempotency-key.ts'
import { effects } from './use-effects.ts'

const folder = mkdtempSync(join(tmpdir(), 'footing-idempotency-'))
const payment = z.object({ cents: z.int(), note: z.string().optional() })
const paid = z.object({ id: z.string(), cents: z.int() })
const bank = defineModule('bank', {
  owner: '@a',
  tables: ['payment'],
  migrations: pathToFileURL(`${folder}/`),
  uses: [effects()],
  port: { pay: op({ in: z.object({ by: z.string(), idempotency: z.string(), payment }), out: paid }) },
})
interface Tables {
  payment: { id: string; by_user: string; cents: number }
}
/** What the work waits for, when a test wants it to. */
let hold: { readonly entered: () => void; readonly end: Promise<void> } | undefined
let failures = 0

const app = () =>
  createApp({
    name: 'bank',
    modules: [
      implement(bank, ({ database, effects: ledger }) => ({
        authenticate: async ({ token }) => (token === undefined ? undefined : { id: token }),
        port: {
          pay: ({ by, idempotency, payment: { cents, ...rest } }) =>
            database<Tables>().transaction((tx) =>
              ledger.answer(tx, idempotency, { cents, ...rest }, async (inner) => {
                const [row] = await inner.query<{ id: string }>(
                  'insert into bank.payment (by_user, cents) values ($1, $2) returning id::text',
                  [by, cents],
                )
                hold?.entered()
                await hold?.end
                if (failures > 0) {
                  failures -= 1
                  throw new Error('of the work')
                }
                return { id: row?.id ?? '', cents }
              }),
            ),
        },
        routes: ['/payments', '/transfers'].map((path) =>
          route({
            method: 'POST',
            path,
            status: 201,
            use: [idempotencyKey],
            body: payment,
            errors: [400, 409, 422],
            call: bank.port.pay,
            input: ({ body, user, idempotency }) => ({ by: user.id, idempotency, payment: body }),
          }),
        ),
      })),
    ],
  })

let running: TestApp<ReturnType<typeof app>['options']['modules']>
beforeAll(async () => {
  writeFileSync(
    join(folder, '0001-payment.sql'),
    'create table payment (id bigint generated always as identity primary key, by_user text not null, cents int not null);',
  )
  running = await startTestApp(app(), { poolSize: 8 })
})
afterAll(async () => {
  await running?.stop()
  rmSync(folder, { recursive: true })
})

async function pay(key: string | undefined, body: unknown = { cents: 100 }, { user = 'ada', path = '/payments' } = {}) {
  const answer = await fetch(`${running.url}/v1${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${user}`,
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> }
}
async function payments(user = 'ada'): Promise<number> {
  const [row] = await running.database.query('select count(*)::int as count from bank.payment where by_user = $1', [
    user,
  ])
  return row?.count as number
}
const key = (name: string) => `key-of-${name}`.padEnd(16, '-')

test('200 equal requests at once: one effect; each is answered as the first one, or told that it is under way', async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, () => pay(key('many'), { cents: 7 }, { user: 'many' })))
  const done = answers.filter(({ status }) => status === 201)
  expect(done.length).toBeGreaterThan(0)
  expect(new Set(done.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  for (const { status, body } of answers)
    if (status !== 201) expect([status, body.code]).toEqual([409, 'idempotency-under-way'])
  expect(await payments('many')).toBe(1)
  // Whoever was told to come again gets the same answer.
  expect(await pay(key('many'), { cents: 7 }, { user: 'many' })).toEqual(done[0])
  expect(await payments('many')).toBe(1)
})

test('another request under the key is refused, whatever it asks for; the order of members makes no other request', async () => {
  const first = await pay(key('other'), { cents: 1, note: 'a' }, { user: 'other' })
  expect(first.status).toBe(201)
  for (const body of [{ cents: 2, note: 'a' }, { cents: 1, note: 'b' }, { cents: 1 }]) {
    expect(await pay(key('other'), body, { user: 'other' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    })
  }
  expect(await pay(key('other'), { note: 'a', cents: 1 }, { user: 'other' })).toEqual(first)
  expect(await payments('other')).toBe(1)
})

test('a key of another user, or of another route, is another key', async () => {
  const answers = [
    await pay(key('scope'), { cents: 5 }, { user: 'bob' }),
    await pay(key('scope'), { cents: 5 }, { user: 'eve' }),
    await pay(key('scope'), { cents: 5 }, { user: 'eve', path: '/transfers' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(3)
  expect([await payments('bob'), await payments('eve')]).toEqual([1, 2])
})

test('while the first one is under way a repetition is told so; when it fails nothing is kept', async () => {
  const entered = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  hold = { entered: entered.resolve, end: end.promise }
  failures = 1
  const first = pay(key('slow'), { cents: 9 }, { user: 'slow' })
  await entered.promise
  expect(await pay(key('slow'), { cents: 9 }, { user: 'slow' })).toMatchObject({
    status: 409,
    body: { code: 'idempotency-under-way' },
  })
  hold = undefined
  end.resolve()
  expect((await first).status).toBe(500)
  expect(await payments('slow')).toBe(0)
  expect((await pay(key('slow'), { cents: 9 }, { user: 'slow' })).status).toBe(201)
  expect(await payments('slow')).toBe(1)
})

test.each([undefined, '', 'short', 'x'.repeat(201), 'with spaces in between', 'ümlaute-in-a-key-'])(
  'the key %j is none',
  async (wrong) => {
    const sent = wrong?.includes('ü') ? Buffer.from(wrong).toString('latin1') : wrong
    expect(await pay(sent, { cents: 3 }, { user: 'none' })).toMatchObject({
      status: 400,
      body: { code: 'idempotency-key-missing' },
    })
    expect(await payments('none')).toBe(0)
  },
)
