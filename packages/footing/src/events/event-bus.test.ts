// Events through a whole application: checked, isolated, in a context of their own, refused where they cannot arrive.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type ManualClock, manualClock } from '@footing/kernel'
import { afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import type { EventFacts, EventHandlers } from '../module/event-handler.ts'
import { type Implementation, implement } from '../module/implement.ts'
import { event, op } from '../module/operation.ts'
import { startTestApp } from '../testing/start-test-app.ts'
import type { Context } from '../work/context.ts'
import { type EventRecord, eventChannel } from './event-bus.ts'

const Invoice = z.object({ id: z.string(), cents: z.int().default(100), lines: z.array(z.string()).default([]) })

const billing = defineModule('billing', {
  owner: '@acme/payments',
  port: { pay: op({ in: z.object({ id: z.string() }) }), payWrong: op({}), mutate: op({}) },
  events: { paid: event(Invoice) },
})
const mail = defineModule('mail', { owner: '@acme/mail', needs: [billing] })
const ledger = defineModule('ledger', { owner: '@acme/ledger', needs: [billing] })

const billingModule = implement(billing, ({ emit }) => ({
  port: {
    pay: async ({ id }) => emit('paid', { id }),
    // @ts-expect-error the payload is another
    payWrong: async () => emit('paid', { id: 7 }),
    mutate: async () => {
      const lines = ['one']
      await emit('paid', { id: 'kept', lines })
      lines.push('two')
    },
  },
}))

const quiet = implement(ledger, () => ({ port: {} }))
let stop: (() => Promise<void>) | undefined

afterEach(async () => {
  await stop?.()
  stop = undefined
})

async function startWith(
  on: EventHandlers<typeof mail>,
  options: { readonly clock?: ManualClock; readonly other?: Implementation<typeof ledger>['on'] } = {},
) {
  const other = options.other === undefined ? quiet : implement(ledger, () => ({ port: {}, on: options.other ?? {} }))
  const app = createApp({ name: 'shop', modules: [billingModule, implement(mail, () => ({ port: {}, on })), other] })
  const running = await app.start({
    env: { DRAIN_DELAY_MS: '0' },
    profile: 'test',
    role: 'worker',
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  stop = () => running.stop()
  return running.ports.billing
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 5000, interval: 5 })

async function records(count: number, work: () => Promise<unknown>): Promise<EventRecord[]> {
  const seen: EventRecord[] = []
  // The channel carries exactly this.
  const listen = (record: unknown) => seen.push(record as EventRecord)
  subscribe(eventChannel.name, listen)
  try {
    await work()
    await until(() => seen.length >= count)
    return seen
  } finally {
    unsubscribe(eventChannel.name, listen)
  }
}

test('a subscriber gets the checked payload, frozen, with ids of the request and a context of its own', async () => {
  const heard: [z.infer<typeof Invoice>, Context, EventFacts][] = []
  const port = await startWith({
    'billing.paid': async (invoice, context, facts) => {
      heard.push([invoice, context, facts])
    },
  })
  const [record] = await records(1, () => port.pay({ id: 'a' }))
  const [invoice, context, facts] = heard[0] ?? []
  expect(invoice).toEqual({ id: 'a', cents: 100, lines: [] })
  expect(Object.isFrozen(invoice) && Object.isFrozen(invoice?.lines)).toBe(true)
  expect(context).toMatchObject({ module: 'mail', operation: 'on billing.paid', user: undefined })
  expect(context?.remainingMs()).toBeGreaterThan(1000)
  expect(facts).toMatchObject({ name: 'billing.paid', id: expect.stringMatching(/^[0-9a-f]{32}$/) })
  expect(record).toMatchObject({
    event: 'billing.paid',
    subscriber: 'mail',
    code: undefined,
    requestId: context?.requestId,
  })
})

test('what is not valid or not JSON is refused where it is announced, and what is changed later does not show', async () => {
  const heard: unknown[] = []
  const port = await startWith({
    'billing.paid': async (invoice) => {
      heard.push(invoice)
    },
  })
  await expect(port.payWrong()).rejects.toMatchObject({ code: 'invalid-event', issues: [{ pointer: '/id' }] })
  await port.mutate()
  await until(() => heard.length === 1)
  expect(heard).toEqual([{ id: 'kept', cents: 100, lines: ['one'] }])
})

test('a handler that throws, at once or later, harms neither whoever announces nor the others', async () => {
  const heard: string[] = []
  const port = await startWith(
    {
      'billing.paid': ({ id }) => {
        if (id === '1') throw new Error('at once')
        return Promise.reject(new Error('later'))
      },
    },
    {
      other: {
        'billing.paid': async ({ id }) => {
          heard.push(id)
        },
      },
    },
  )
  const seen = await records(4, async () => {
    await port.pay({ id: '1' })
    await port.pay({ id: '2' })
  })
  expect(heard).toEqual(['1', '2'])
  expect(seen.filter(({ subscriber }) => subscriber === 'mail').map(({ code }) => code)).toEqual([
    'operation-failed',
    'operation-failed',
  ])
})

test('a handler is ended at its deadline, and the next event comes', async () => {
  const clock = manualClock()
  const reasons: unknown[] = []
  const port = await startWith(
    {
      'billing.paid': {
        deadline: '2s',
        handle: ({ id }, context) =>
          id === 'stuck'
            ? new Promise<void>(() =>
                context.signal.addEventListener('abort', () => reasons.push(context.signal.reason)),
              )
            : Promise.resolve(),
      },
    },
    { clock },
  )
  const seen = await records(2, async () => {
    await port.pay({ id: 'stuck' })
    await port.pay({ id: 'next' })
    await clock.advance(2100)
  })
  expect(seen.map(({ code }) => code)).toEqual(['deadline-exceeded', undefined])
  expect(reasons).toMatchObject([{ code: 'deadline-exceeded' }])
})

test('stopping delivers what was taken', async () => {
  const heard: string[] = []
  const port = await startWith({
    'billing.paid': async ({ id }) => {
      await new Promise((resolve) => setImmediate(resolve))
      heard.push(id)
    },
  })
  for (let id = 0; id < 20; id++) await port.pay({ id: String(id) })
  await stop?.()
  expect(heard).toEqual(Array.from({ length: 20 }, (_, id) => String(id)))
})

const start = (...modules: Parameters<typeof createApp>[0]['modules']) =>
  createApp({ name: 'shop', modules }).start({ env: {}, profile: 'test', role: 'worker' })

test('start-up refuses a demand that the driver does not meet', async () => {
  for (const guarantee of ['durable', 'at-least-once', 'across-processes']) {
    const strict = defineModule('strict', { owner: '@acme/strict', guarantees: { events: ['ordered', guarantee] } })
    const starting = start(implement(strict, () => ({ port: {} })))
    await expect(starting).rejects.toMatchObject({
      code: 'guarantee-missing',
      details: { guarantee, module: 'strict', driver: 'in-process' },
    })
  }
  const modest = defineModule('modest', { owner: '@acme/modest', guarantees: { events: ['transactional', 'ordered'] } })
  await (await start(implement(modest, () => ({ port: {} })))).stop()
})

test('start-up refuses a subscription that can never be heard', async () => {
  const wrong: readonly [string, string][] = [
    ['billing.refunded', 'billing declares no such event'],
    ['identity.left', 'it neither needs nor hears a module identity'],
    ['paid', 'it neither needs nor hears a module paid'],
    ['billing.toString', 'billing declares no such event'],
  ]
  for (const [key, reason] of wrong) {
    const on = { [key]: async () => undefined } as unknown as EventHandlers<typeof mail>
    const starting = start(
      billingModule,
      implement(mail, () => ({ port: {}, on })),
    )
    await expect(starting).rejects.toMatchObject({
      code: 'module-start-failed',
      cause: { code: 'event-unknown', details: { reason } },
    })
  }
})

test('start-up refuses a subscription to a module in another process, which its events would never leave', async () => {
  const subscriber = implement(mail, () => ({ port: {}, on: { 'billing.paid': async () => undefined } }))
  const app = createApp({ name: 'shop', modules: [billingModule, subscriber] })
  const options = { env: { DRAIN_DELAY_MS: '0' }, profile: 'test', role: 'worker' } as const
  const placed = { ...options, place: { billing: 'http://127.0.0.1:9' } }
  await expect(app.start(placed)).rejects.toMatchObject({
    code: 'module-start-failed',
    cause: { code: 'event-elsewhere', details: { module: 'mail', event: 'billing.paid', emitter: 'billing' } },
  })
  // The same two modules in one process hear each other.
  await (await app.start(options)).stop()
})

test('events are typed by the manifests', () => {
  implement(mail, () => ({
    port: {},
    on: {
      'billing.paid': async (invoice) => {
        invoice.cents satisfies number
        // @ts-expect-error no such field
        invoice.total
      },
    },
  }))
  // @ts-expect-error the module announces no such event
  implement(mail, () => ({ port: {}, on: { 'billing.refunded': async () => undefined } }))
  // @ts-expect-error mail announces nothing
  implement(mail, ({ emit }) => ({ port: {}, start: () => emit('sent', {}) }))
})

test('emit.in waits for the commit of a real transaction, and takes nothing else for one', async () => {
  const heard: string[] = []
  const till = defineModule('till', {
    owner: '@acme/payments',
    needs: [billing],
    tables: ['receipt'],
    port: { sell: op({ in: z.object({ id: z.string(), fail: z.boolean() }) }), wrong: op({}) },
    events: { sold: event(z.object({ id: z.string() })) },
  })
  const tillModule = implement(till, ({ database, emit }) => ({
    port: {
      sell: async ({ id, fail }) => {
        await database().transaction(async (tx) => {
          await emit.in(tx, 'sold', { id })
          expect(heard).not.toContain(id)
          if (fail) throw new Error('no money')
        })
      },
      // @ts-expect-error a handle is no transaction
      wrong: () => emit.in(database(), 'sold', { id: 'x' }),
    },
    on: {
      'till.sold': async ({ id }) => {
        heard.push(id)
      },
    },
  }))
  const running = await startTestApp(createApp({ name: 'till', modules: [billingModule, tillModule] }), {
    pooled: false,
  })
  try {
    const { till: port } = running.app.ports
    await expect(port.sell({ id: 'lost', fail: true })).rejects.toMatchObject({ code: 'operation-failed' })
    await port.sell({ id: 'kept', fail: false })
    await until(() => heard.length > 0)
    expect(heard).toEqual(['kept'])
    await expect(port.wrong()).rejects.toMatchObject({ cause: { name: 'TypeError' } })
  } finally {
    await running.stop()
  }
})
