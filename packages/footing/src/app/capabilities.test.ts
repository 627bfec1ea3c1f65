// The one shape: a tiny capability from outside, everything that can go wrong with one, and the order of it all.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { isFootingError } from '@footing/kernel'
import { expect, test } from 'vitest'
import { type AnyCapability, capabilityConformance, defineCapability, type Use, use } from '../capability/index.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { setting } from '../module/setting.ts'
import { wholeNumber } from '../module/text-schema.ts'
import { createApp } from './create-app.ts'

// The whole of it: a capability that gives out numbers.
const settings = {
  TICKETS_FROM: setting({ schema: wholeNumber(0, 1_000_000), default: 1, summary: 'first number that is given out' }),
}
const ticketsCapability = defineCapability<typeof settings, { next: number; closed: boolean }>({
  name: 'tickets',
  summary: 'numbers that are given out once',
  settings,
  guarantees: ['ordered', 'durable'],
  driver: () => ({ driver: 'memory', from: undefined, guarantees: { ordered: true, durable: false } }),
  open: ({ TICKETS_FROM }) => ({ next: TICKETS_FROM, closed: false }),
  kit: (tickets) => ({ tickets: { take: () => (tickets === undefined ? 0 : tickets.next++) } }),
  health: (tickets) => (tickets.closed ? 'closed' : 'ok'),
  gauges: (tickets) => [{ name: 'tickets_next', help: 'Number that is given out next.', value: tickets.next }],
  close: (tickets) => {
    tickets.closed = true
  },
})
const tickets = (): Use<'tickets', { take(): number }> => use('tickets', undefined)

const quiet = { profile: 'test', role: 'worker' } as const

function shop(guarantees: readonly string[] = [], capabilities: readonly AnyCapability[] = [ticketsCapability]) {
  const counter = defineModule('counter', { owner: '@a', uses: [tickets()], guarantees: { tickets: guarantees } })
  const taken: number[] = []
  const module = implement(counter, (kit) => ({
    port: {},
    start: async () => {
      taken.push(kit.tickets.take(), kit.tickets.take())
    },
  }))
  return { taken, app: createApp({ name: 'shop', modules: [module], capabilities }) }
}

test('a capability from outside is opened, handed to the module that uses it, told and closed', async () => {
  const { app, taken } = shop()
  const running = await app.start({ ...quiet, env: { TICKETS_FROM: '7' } })
  expect(taken).toEqual([7, 8])
  expect(running.capabilities()).toContainEqual(expect.objectContaining({ name: 'tickets', driver: 'memory' }))
  expect(await running.health()).toMatchObject({ tickets: 'ok' })
  await running.stop()
})

test.each(capabilityConformance)('conformance: $name', (one) =>
  one.run({
    name: 'tickets',
    env: { TICKETS_FROM: '3' },
    start: (env, guarantees) => shop(guarantees).app.start({ ...quiet, env }),
    wrong: { name: 'TICKETS_FROM', value: 'many' },
  }),
)

test('one that no module uses is not opened, and its settings are not asked for', async () => {
  const plain = implement(defineModule('plain', { owner: '@a' }), () => ({ port: {} }))
  const app = createApp({ name: 'shop', modules: [plain], capabilities: [ticketsCapability] })
  const running = await app.start({ ...quiet, env: { TICKETS_FROM: 'many' } })
  expect(running.capabilities().map(({ name }) => name)).not.toContain('tickets')
  await running.stop()
})

test('a misspelt capability or guarantee is refused with the nearest one that is known', () => {
  const demanding = (guarantees: Readonly<Record<string, readonly string[]>>) => () =>
    createApp({
      name: 'shop',
      modules: [implement(defineModule('m', { owner: '@a', guarantees }), () => ({ port: {} }))],
    })
  expect(demanding({ evnets: ['durable'] })).toThrow('Did you mean events?')
  expect(demanding({ evnets: ['durable'] })).toThrow(expect.objectContaining({ code: 'capability-unknown' }))
  expect(demanding({ events: ['durabel'] })).toThrow('Did you mean durable?')
  expect(demanding({ events: ['toString'] })).toThrow(expect.objectContaining({ code: 'guarantee-unknown' }))
  expect(demanding({ constructor: ['x'] })).toThrow(expect.objectContaining({ code: 'capability-unknown' }))
  // Used by a module, and given to nobody.
  expect(() => shop([], []).app).toThrow('names the capability tickets, which this application does not have')
})

test('a misspelt key of a manifest is refused with the nearest one that is known', () => {
  const misspelt = { owner: '@a', guarantes: { events: ['durable'] } }
  expect(() => defineModule('m', misspelt)).toThrow('it has guarantes, which nothing reads; did you mean guarantees?')
  expect(() => defineModule('m', { owner: '@a', ...JSON.parse('{"zzz":1}') })).toThrow(
    'it has zzz, which nothing reads.',
  )
})

test('a name of the library is taken', () => {
  const own = defineCapability({ name: 'events', summary: 'mine', settings: {}, open: () => 1 })
  expect(() => shop([], [ticketsCapability, own]).app).toThrow(expect.objectContaining({ code: 'capability-twice' }))
})

test('production refuses a default that is unsound, and names the variable; development does not', async () => {
  const unsound: AnyCapability = {
    ...ticketsCapability,
    driver: () => ({
      driver: 'memory',
      from: undefined,
      guarantees: {},
      unsound: [{ what: 'numbers begin anew with each process', remedy: 'Set TICKETS_URL.', refused: true }],
    }),
  }
  const { app } = shop([], [unsound])
  const starting = app.start({ role: 'worker', profile: 'production', env: {} })
  await expect(starting).rejects.toMatchObject({
    code: 'production-default',
    message: expect.stringContaining('TICKETS_URL'),
  })
  await (await app.start({ ...quiet, env: {} })).stop()
})

// Three that write down what happens to them; `broken` names a step that throws.
function logged(broken: string) {
  const seen: string[] = []
  const note = (name: string, step: string) => {
    seen.push(`${step} ${name}`)
    if (broken === `${step} ${name}`) throw new Error(`${name} is broken`)
  }
  const make = (name: string, edge = false) =>
    defineCapability({
      name,
      summary: name,
      settings: {},
      edge,
      wanted: () => true,
      open: () => note(name, 'open'),
      start: () => note(name, 'start'),
      drain: async () => note(name, 'drain'),
      close: () => note(name, 'close'),
    })
  const plain = implement(defineModule('plain', { owner: '@a' }), () => ({
    port: {},
    start: async () => note('module', 'start'),
    stop: async () => note('module', 'stop'),
  }))
  return {
    seen,
    app: createApp({ name: 'shop', modules: [plain], capabilities: [make('door', true), make('one'), make('two')] }),
  }
}

test('opened in order, doors last to start and first to drain, closed in the opposite order', async () => {
  const { app, seen } = logged('')
  await (await app.start({ ...quiet, env: {} })).stop()
  expect(seen).toEqual([
    ...['open door', 'open one', 'open two', 'start module', 'start one', 'start two', 'start door'],
    ...['drain door', 'drain two', 'drain one', 'stop module', 'close two', 'close one', 'close door'],
  ])
})

test('one that fails to open is named, and what had opened is closed', async () => {
  const { app, seen } = logged('open two')
  const error: unknown = await app.start({ ...quiet, env: {} }).catch((reason: unknown) => reason)
  expect(isFootingError(error, 'capability-open-failed')).toBe(true)
  expect(String(error)).toContain('two could not open: two is broken')
  expect(seen).toEqual(['open door', 'open one', 'open two', 'close one', 'close door'])
})

test.each(['drain two', 'close two'])(
  'one that fails to %s is logged and told; the others still close',
  async (step) => {
    const { app, seen } = logged(step)
    const lines: string[] = []
    const listen = (record: unknown) => lines.push((record as { message: string }).message)
    subscribe('footing:log', listen)
    const running = await app.start({ ...quiet, env: {} })
    const stopping = running.stop()
    await expect(stopping).rejects.toMatchObject({ code: 'capability-close-failed' })
    await expect(stopping).rejects.toThrow(`two (${step.split(' ')[0]})`)
    unsubscribe('footing:log', listen)
    expect(seen).toContain('close one')
    expect(seen).toContain('close door')
    expect(lines).toContain(`a capability could not ${step.split(' ')[0]}`)
  },
)
