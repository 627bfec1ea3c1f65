// The effect ledger on the database behind PgBouncer: once, whoever tries and however often.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import type { Database } from '../data/contract/contract.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { startTestApp, type TestApp } from '../testing/start-test-app.ts'
import type { EffectLedger } from './effect-ledger.ts'
import { effects } from './use-effects.ts'

interface Tables {
  paid: { id: string }
}

const migrations = folderOf(
  'create table billing.paid (id bigint generated always as identity primary key, key text not null);',
)
const billing = defineModule('billing', { owner: '@acme/pay', tables: ['paid'], migrations, uses: [effects()] })
const other = defineModule('other', { owner: '@acme/pay', uses: [effects()] })

let app: TestApp<readonly never[]>
let db: Database<Tables>
let ledger: EffectLedger
let others: EffectLedger

const shop = () =>
  createApp({
    name: 'shop',
    modules: [
      implement(billing, (kit) => {
        db = kit.database<Tables>()
        ledger = kit.effects
        return {}
      }),
      implement(other, (kit) => {
        others = kit.effects
        return {}
      }),
    ],
  })

beforeAll(async () => {
  app = (await startTestApp(shop())) as unknown as typeof app
})

afterAll(async () => {
  await app.stop()
  rmSync(migrations, { recursive: true })
})

function folderOf(sql: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'footing-effects-'))
  writeFileSync(join(folder, '0001-paid.sql'), sql)
  return pathToFileURL(`${folder}/`)
}

const pay = (key: string, result: unknown = { receipt: key }) =>
  db.transaction((tx) =>
    ledger.once(tx, key, async (inner) => {
      await inner.query('insert into billing.paid (key) values ($1)', [key])
      return result
    }),
  )

const paid = async (key: string) => (await db.query('select from billing.paid where key = $1', [key])).length

test('a second run does nothing and has the result of the first', async () => {
  expect(await pay('twice', { receipt: 7 })).toEqual({ receipt: 7 })
  expect(await pay('twice', { receipt: 8 })).toEqual({ receipt: 7 })
  expect(await paid('twice')).toBe(1)
  await db.transaction((tx) => ledger.once(tx, 'nothing', async () => undefined))
  expect(await db.transaction((tx) => ledger.once(tx, 'nothing', async () => 'again'))).toBeUndefined()
})

test('of twenty at the same time one does it and all have its result', async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => pay('crowd', { receipt: index })))
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
  expect(await paid('crowd')).toBe(1)
})

test('what throws leaves neither the effect nor the record, also when its caller goes on', async () => {
  await expect(
    db.transaction((tx) =>
      ledger.once(tx, 'fails', async (inner) => {
        await inner.query("insert into billing.paid (key) values ('fails')")
        throw new RangeError('no')
      }),
    ),
  ).rejects.toThrow(RangeError)
  await db.transaction(async (tx) => {
    const caught = ledger.once(tx, 'fails', async (inner) => {
      await inner.query("insert into billing.paid (key) values ('fails')")
      await inner.query('select 1/0')
    })
    await expect(caught).rejects.toThrow()
  })
  expect(await paid('fails')).toBe(0)
  await pay('fails')
  expect(await paid('fails')).toBe(1)
})

test('a rollback of the transaction takes the record along, and whoever waits for it then does it', async () => {
  const first = Promise.withResolvers<void>()
  const rolledBack = db.transaction(async (tx) => {
    await ledger.once(tx, 'rolled', async (inner) => inner.query("insert into billing.paid (key) values ('rolled')"))
    await first.promise
    throw new Error('rolled back')
  })
  const second = pay('rolled')
  first.resolve()
  await expect(rolledBack).rejects.toThrow('rolled back')
  await second
  expect(await paid('rolled')).toBe(1)
})

test('whoever waits too long for another one is told by a code that may be tried again', async () => {
  const first = Promise.withResolvers<void>()
  const claimed = Promise.withResolvers<void>()
  const holding = db.transaction(async (tx) => {
    await ledger.once(tx, 'held', async () => claimed.resolve())
    await first.promise
  })
  await claimed.promise
  const waiting = db.transaction((tx) => ledger.once(tx, 'held', async () => undefined), { lockTimeoutMs: 50 })
  await expect(waiting).rejects.toMatchObject({ code: 'data-lock-timeout', retryable: true })
  first.resolve()
  await holding
})

test('a key belongs to its module', async () => {
  await pay('shared')
  let ran = false
  await db.transaction((tx) =>
    others.once(tx, 'shared', async () => {
      ran = true
    }),
  )
  expect(ran).toBe(true)
})

test.each([
  ['empty', ''],
  ['too long', 'x'.repeat(201)],
  ['no text', 7],
  ['a zero character', 'a\0b'],
])('a key that is %s is refused', async (_name, key) => {
  const used = db.transaction((tx) => ledger.once(tx, key as string, async () => undefined))
  await expect(used).rejects.toMatchObject({ code: 'effect-key-invalid' })
})

test.each([
  ['a function', () => undefined],
  ['a date', new Date(0)],
  ['too large', 'x'.repeat(65_536)],
  ['a zero character', 'a\0b'],
])('a result that is %s is refused, and nothing was done', async (name, result) => {
  await expect(pay(`result ${name}`, result)).rejects.toMatchObject({ code: 'effect-result-invalid' })
  expect(await paid(`result ${name}`)).toBe(0)
})

test('a text with a backslash before u0000 is no zero character', async () => {
  expect(await pay('backslash', String.raw`\u0000`)).toBe(String.raw`\u0000`)
  expect(await pay('backslash')).toBe(String.raw`\u0000`)
})

test('a time to keep that is none is refused where it is declared', () => {
  expect(() => effects({ keep: 0 })).toThrow(expect.objectContaining({ code: 'effect-declaration-invalid' }))
})

test.each(capabilityConformance)('as every capability: $name', async ({ run }) => {
  await run({
    name: 'effects',
    env: { DATABASE_URL: app.database.url, DRAIN_DELAY_MS: '0' },
    async start(env, guarantees = []) {
      const module = defineModule('billing', {
        owner: '@acme/pay',
        tables: ['paid'],
        migrations,
        uses: [effects()],
        guarantees: { effects: guarantees },
      })
      return createApp({ name: 'shop', modules: [implement(module, () => ({}))] }).start({
        env,
        profile: 'test',
        role: 'worker',
      })
    },
  })
})
