import { describe, expect, test } from 'vitest'
import type { CatchUp, Overlap } from './contract/contract.ts'
import { decide, delayOf, type OpenTick, type Rules, type ScheduleState } from './decide.ts'
import { tickTimes } from './times/tick-times.ts'

const minute = 60_000
const hour = 60 * minute
const noon = Date.parse('2026-06-01T12:00:00Z')

function rules(given: Partial<Rules> & { readonly at?: string } = {}): Rules {
  const { at = '*/10 * * * *', ...others } = given
  return {
    name: 'shop.tick',
    times: tickTimes('shop.tick', at, 'UTC'),
    overlap: 'skip',
    catchUp: 'last',
    jitterMs: 0,
    attempts: 3,
    ...others,
  }
}

function state(given: Partial<ScheduleState> = {}): ScheduleState {
  return { now: noon, decidedUntil: noon - 10 * minute, paused: false, open: [], ...given }
}

function openTick(given: Partial<OpenTick> = {}): OpenTick {
  const tick = noon - 10 * minute
  return { tick, kind: 'scheduled', state: 'running', runAt: tick, attempt: 1, leaseUntil: noon + 15_000, ...given }
}

const at = (ms: number) => new Date(ms).toISOString().slice(11, 19)
const told = ({ record }: ReturnType<typeof decide>) =>
  record.map(({ tick, kind, state: came }) => `${at(tick)} ${kind} ${came}`)

test('a tick whose time has come is recorded and begun; before that nothing is', () => {
  const decision = decide(rules(), state())
  expect(told(decision)).toEqual(['12:00:00 scheduled waiting'])
  expect(decision).toMatchObject({ begin: [noon], decidedUntil: noon, lost: [], cancel: [], more: false })
  expect(decide(rules(), state({ now: noon - 1 }))).toMatchObject({
    record: [],
    begin: [],
    decidedUntil: noon - 10 * minute,
  })
})

describe('after three hours without a process', () => {
  // From 09:00; at 12:05 the newest tick is late as well.
  const after = (catchUp: CatchUp, now = noon + 5 * minute) =>
    decide(rules({ catchUp }), state({ now, decidedUntil: noon - 3 * hour }))

  test('none: all are recorded as missed', () => {
    const decision = after('none')
    expect(decision.record).toHaveLength(18)
    expect(decision.record.every(({ state: came }) => came === 'missed')).toBe(true)
    expect(decision).toMatchObject({ begin: [], decidedUntil: noon })
  })

  test('last: the newest runs, the others are recorded as missed', () => {
    const decision = after('last')
    expect(told(decision).slice(-2)).toEqual(['11:50:00 scheduled missed', '12:00:00 caught-up waiting'])
    expect(decision.record).toHaveLength(18)
    expect(decision).toMatchObject({ begin: [noon], decidedUntil: noon })
  })

  test('last: a tick whose time has just come makes it superfluous', () => {
    const decision = after('last', noon + 10)
    expect(told(decision).slice(-2)).toEqual(['11:50:00 scheduled missed', '12:00:00 scheduled waiting'])
  })

  test('all within an hour: the older ones are missed, the newer ones run, the oldest first', () => {
    const decision = after({ withinMs: hour })
    const waiting = decision.record.filter(({ state: came }) => came === 'waiting')
    expect(waiting.map(({ tick }) => at(tick))).toEqual([
      '11:10:00',
      '11:20:00',
      '11:30:00',
      '11:40:00',
      '11:50:00',
      '12:00:00',
    ])
    expect(waiting.every(({ kind }) => kind === 'caught-up')).toBe(true)
    expect(decision.record).toHaveLength(18)
    // They wait for each other, also where overlapping ticks are skipped or cancel each other.
    expect(decision.begin).toEqual([noon - 50 * minute])
    for (const overlap of ['skip', 'queue', 'cancel'] as const) {
      const same = decide(
        rules({ catchUp: { withinMs: hour }, overlap }),
        state({ now: noon + 5 * minute, decidedUntil: noon - 3 * hour }),
      )
      expect(same).toMatchObject({ begin: decision.begin, cancel: [] })
    }
  })

  test('all within a day: nothing is missed', () => {
    expect(after({ withinMs: 24 * hour }).record.filter(({ state: came }) => came === 'missed')).toEqual([])
  })
})

test('a year without a process at a tick each second is decided in a moment', () => {
  const year = state({ decidedUntil: noon - 365 * 24 * hour })
  const began = performance.now()
  const last = decide(rules({ at: '* * * * * *', catchUp: 'last' }), { ...year, now: noon + 500 })
  // The ticks of the last minute are on time.
  expect(last.record.filter(({ state: came }) => came !== 'missed')).toHaveLength(60)
  const all = decide(rules({ at: '* * * * * *', catchUp: { withinMs: 24 * hour } }), year)
  expect(all.more).toBe(true)
  expect(all.record).toHaveLength(200)
  const rare = decide(
    rules({ at: '0 0 29 2 *', catchUp: 'last' }),
    state({ decidedUntil: noon - 20 * 365 * 24 * hour }),
  )
  expect(told(rare).at(-1)).toBe('00:00:00 caught-up waiting')
  expect(performance.now() - began).toBeLessThan(5000)
})

describe('while the tick before still runs', () => {
  const during = (overlap: Overlap, open: readonly OpenTick[] = [openTick()]) =>
    decide(rules({ overlap }), state({ open }))

  test('skip', () => {
    expect(told(during('skip'))).toEqual(['12:00:00 scheduled skipped'])
    expect(during('skip').begin).toEqual([])
  })

  test('queue waits, and has an end', () => {
    expect(told(during('queue'))).toEqual(['12:00:00 scheduled waiting'])
    expect(during('queue').begin).toEqual([])
    const many = Array.from({ length: 101 }, (_, index) =>
      openTick({ state: 'waiting', tick: noon - index * 1000 - 1000, leaseUntil: undefined }),
    )
    expect(told(during('queue', many))).toEqual(['12:00:00 scheduled skipped'])
  })

  test('cancel ends it first', () => {
    expect(during('cancel')).toMatchObject({ begin: [], cancel: [noon - 10 * minute] })
    expect(told(during('cancel'))).toEqual(['12:00:00 scheduled waiting'])
  })

  test('allow begins beside it', () => {
    expect(during('allow')).toMatchObject({ begin: [noon], cancel: [] })
  })

  test('one that waits begins when it has ended, the oldest first', () => {
    const open = [2, 1].map((back) => openTick({ state: 'waiting', tick: noon - back * minute, leaseUntil: undefined }))
    expect(decide(rules({ overlap: 'queue' }), state({ decidedUntil: noon, open }))).toMatchObject({
      begin: [noon - 2 * minute],
    })
  })

  test('one that tries again begins when its time has come', () => {
    const open = [openTick({ state: 'waiting', runAt: noon + 1, leaseUntil: undefined })]
    const waits = state({ decidedUntil: noon, open })
    expect(decide(rules(), waits).begin).toEqual([])
    expect(decide(rules(), { ...waits, now: noon + 1 }).begin).toEqual([noon - 10 * minute])
  })
})

describe('a tick whose process is dead', () => {
  const dead = (attempt: number) => state({ decidedUntil: noon, open: [openTick({ attempt, leaseUntil: noon })] })

  test('begins again', () => {
    expect(decide(rules(), dead(1))).toMatchObject({ begin: [noon - 10 * minute], lost: [] })
    expect(decide(rules({ overlap: 'allow' }), dead(2))).toMatchObject({ begin: [noon - 10 * minute], lost: [] })
  })

  test('is given up after the last attempt, and holds nothing up', () => {
    expect(decide(rules(), dead(3))).toMatchObject({ begin: [], lost: [noon - 10 * minute] })
    const next = decide(rules(), { ...dead(3), decidedUntil: noon - 10 * minute })
    expect(next).toMatchObject({ begin: [noon], lost: [noon - 10 * minute] })
  })
})

test('paused: nothing is decided, what waits stays, what somebody asks for begins', () => {
  const waiting = { state: 'waiting', leaseUntil: undefined } as const
  const open = [openTick(waiting)]
  expect(decide(rules(), state({ paused: true, open }))).toMatchObject({
    record: [],
    begin: [],
    decidedUntil: noon - 10 * minute,
  })
  const asked = openTick({ ...waiting, kind: 'manual', tick: noon - 5 })
  expect(decide(rules(), state({ paused: true, open: [...open, asked] })).begin).toEqual([noon - 5])
})

test('jitter is the same in every process, within its bound, and spreads', () => {
  const jittered = { name: 'shop.tick', jitterMs: 30_000 }
  const delays = Array.from({ length: 200 }, (_, index) => delayOf(jittered, noon + index * minute))
  expect(delays).toEqual(Array.from({ length: 200 }, (_, index) => delayOf({ ...jittered }, noon + index * minute)))
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...delays)).toBeLessThan(30_000)
  expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(20_000)
  const delay = delayOf(jittered, noon)
  expect(delay).toBeGreaterThan(0)
  const waits = rules({ jitterMs: 30_000 })
  expect(decide(waits, state({ now: noon + delay - 1 })).record).toEqual([])
  expect(decide(waits, state({ now: noon + delay })).begin).toEqual([noon])
})
