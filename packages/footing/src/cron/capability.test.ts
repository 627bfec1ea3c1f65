// Schedules of a running application, on PostgreSQL behind PgBouncer in transaction mode.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { defineModule } from '../module/define-module.ts'
import { type Implementation, implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { startTestApp } from '../testing/start-test-app.ts'
import { type CronAdmin, openCronAdmin } from './admin.ts'
import type { Tick, TickHandler } from './contract/contract.ts'
import type { TickRecord } from './running-ticks.ts'
import { cron, type ScheduleOptions, schedule } from './use-cron.ts'

const opened: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.stop()
})

/** Never by itself within a test. */
const rarely = '0 0 29 2 *'

/** A module with one schedule, `tick`, whose handler the test gives, and one that calls an operation. */
function shopOf(handle: TickHandler, options: Partial<Omit<ScheduleOptions, 'call'>> = {}, calls: string[] = []) {
  const shop = defineModule('shop', {
    owner: '@a',
    port: { close: op({ out: z.object({ closed: z.boolean() }) }), ask: op({}) },
    uses: [cron({ tick: schedule({ at: rarely, ...options }), closing: schedule({ at: rarely, call: 'close' }) })],
  })
  return createApp({
    name: 'shop',
    modules: [
      implement(
        shop,
        (kit): Implementation<typeof shop> => ({
          port: {
            close: async (_input, context) => {
              calls.push(`${context.operation} for ${context.module}`)
              return { closed: true }
            },
            ask: async () => void (await kit.cron.trigger('tick')),
          },
          cron: { tick: handle },
        }),
      ),
    ],
  })
}

async function started(app: ReturnType<typeof shopOf>, databaseUrl?: string) {
  const running = await startTestApp(app, { place: null, ...(databaseUrl === undefined ? {} : { databaseUrl }) })
  opened.push(running)
  const data: DataSource = openDataSource({ url: running.database.url, poolSize: 2 })
  opened.unshift({ stop: () => data.close() })
  const admin = openCronAdmin(data)
  return {
    ...running,
    data,
    admin,
    query: <Row extends object>(text: string) => data.forModule('test').query<Row>(text),
  }
}

/** Waits for what a handler or the store will show. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + 25_000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error('it did not come')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const ended = (admin: CronAdmin, name: string) =>
  until(async () => (await admin.history({ schedule: name })).find(({ endedAt }) => endedAt !== undefined))

test('fires each second, once for each, and tells the handler which tick it is', async () => {
  const ticks: Tick[] = []
  const told: TickRecord[] = []
  const hear = (message: unknown) => void told.push(message as TickRecord)
  subscribe('footing:tick', hear)
  const { promise: three, resolve } = Promise.withResolvers<void>()
  const { admin, app } = await started(
    shopOf(
      async (tick, context) => {
        expect(context.operation).toBe('cron tick')
        ticks.push(tick)
        if (ticks.length === 3) resolve()
      },
      { at: '* * * * * *', overlap: 'queue' },
    ),
  )
  await three
  await app.stop()
  unsubscribe('footing:tick', hear)
  expect(new Set(ticks.map(({ at }) => at)).size).toBe(ticks.length)
  expect(
    ticks.every(
      ({ at, schedule, kind, attempt }) =>
        at % 1000 === 0 && schedule === 'shop.tick' && kind === 'scheduled' && attempt === 1,
    ),
  ).toBe(true)
  expect(told[0]).toMatchObject({ schedule: 'shop.tick', module: 'shop', attempt: 1, code: undefined })
  const rows = await admin.history({ schedule: 'shop.tick', state: 'done' })
  expect(rows.map(({ tick }) => Date.parse(tick)).toSorted((a, b) => a - b)).toEqual(ticks.map(({ at }) => at))
})

test('a schedule calls an operation of its module, and a module asks for a tick of its own', async () => {
  const calls: string[] = []
  const ticks: Tick[] = []
  const { admin, app } = await started(shopOf(async (tick) => void ticks.push(tick), {}, calls))
  await admin.trigger('shop.closing')
  await app.ports.shop.ask()
  expect(await ended(admin, 'shop.tick')).toMatchObject({ state: 'done', kind: 'manual', attempt: 1 })
  expect(await ended(admin, 'shop.closing')).toMatchObject({ state: 'done' })
  expect(calls).toEqual(['close for shop'])
  expect(ticks).toHaveLength(1)
})

describe('conformance', () => {
  test.each(capabilityConformance)('$name', async (one) => {
    const { database } = await started(shopOf(async () => undefined))
    const demanding = (guarantees: readonly string[]) =>
      createApp({
        name: 'shop',
        modules: [
          implement(
            defineModule('shop', {
              owner: '@a',
              guarantees: { cron: guarantees },
              uses: [cron({ tick: schedule({ at: rarely }) })],
            }),
            () => ({ port: {}, cron: { tick: async () => undefined } }),
          ),
        ],
      })
    await one.run({
      name: 'cron',
      env: { DATABASE_URL: database.url },
      start: (env, guarantees = []) => demanding(guarantees).start({ profile: 'test', role: 'worker', env }),
    })
  })
})
