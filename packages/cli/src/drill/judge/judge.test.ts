// Verdicts of histories made by hand: what the model does not meet, and what must not be mistaken for a fault.
import { expect, test } from 'vitest'
import type { History, JournalLine, SentOperation } from './history.ts'
import { type JudgeOptions, judge } from './judge.ts'
import type { Verdict } from './verdict.ts'

const promised = { jobs: true, events: false, ordered: false, schedules: false, ledger: true }
const options: JudgeOptions = { promised, kills: 1, settled: 'rest', recoveryMs: 15_000 }

function sent(id: string, more: Partial<SentOperation> = {}): SentOperation {
  const operation = { id, kind: 'job', plan: 'plain', key: 'a', place: 1, pauseMs: 0 } as const
  return { ...operation, sentAt: 100, answer: 'done', answeredAt: 110, fault: undefined, ...more }
}

function line(operation: string, process: string, step: JournalLine['step'], at: number, attempt = 1): JournalLine {
  return { operation, process, step, at, attempt, kind: 'job' }
}

function history(more: Partial<History>): History {
  return {
    operations: [],
    stored: new Set(),
    journal: [],
    effects: [],
    ticks: [],
    due: [],
    deadLetters: new Set(),
    faults: [],
    presences: [{ process: 'worker-2.1', from: 0, to: 1_000_000 }],
    phases: [{ name: 'kills', from: 0, to: 1_000_000 }],
    ...more,
  }
}

const verdictOn = (claim: string, more: Partial<History>, changed: Partial<JudgeOptions> = {}) =>
  judge(history(more), { ...options, ...changed }).find((verdict) => verdict.claim === claim) as Verdict

const kill = (target: string, at: number) => ({ kind: 'kill', target, from: at, to: at }) as const

test('an answer that never came is neither lost nor done: the rows decide', () => {
  const operations = [sent('there', { answer: 'unknown' }), sent('gone', { answer: 'unknown' })]
  const verdict = verdictOn('change-kept', { operations, stored: new Set(['there']), faults: [kill('web.1', 50)] })
  expect(verdict.outcome).toBe('held')
  expect(verdict.evidence).toContain('2 without an answer, 1 of them stored')
})

test('what was refused and is stored all the same is broken, and no planted fault does that', () => {
  const operations = [sent('back', { answer: 'refused' })]
  const verdict = verdictOn('change-kept', { operations, stored: new Set(['back']) })
  expect([verdict.outcome, verdict.suspect, verdict.first?.operation]).toEqual(['broken', undefined, 'back'])
})

test('what never came while things still moved is no loss yet', () => {
  const lost = { operations: [sent('late')], stored: new Set(['late']), faults: [kill('worker-1.1', 50)] }
  expect(verdictOn('job-kept', lost, { settled: 'moving' }).outcome).toBe('cannot tell')
  expect(verdictOn('job-kept', lost, { settled: 'stuck' }).outcome).toBe('broken')
})

test('a run whose kills missed the window between effect and settlement says so, and how many are needed', () => {
  const operations = [sent('one')]
  const effects = [{ at: 130, position: 1, process: 'worker-1.1', operation: 'one', kind: 'job' }] as const
  const ended = [line('one', 'worker-1.1', 'started', 120), line('one', 'worker-1.1', 'returned', 140)]
  const missed = { operations, stored: new Set(['one']), effects, faults: [kill('worker-1.1', 150)] }
  const verdict = verdictOn('job-once', { ...missed, journal: ended }, { kills: 200 })
  expect([verdict.outcome, verdict.met]).toEqual([
    'not exercised',
    { what: 'kills between effect and settlement', times: 0, floor: 30 },
  ])
  // The same kill before the handler ended.
  expect(verdictOn('job-once', { ...missed, journal: ended.slice(0, 1) }).outcome).toBe('held')
})

test('how soon a job ran again counts the time with a worker, and each process that took it', () => {
  const operations = ['one', 'two', 'three'].map((id) => sent(id))
  const run = (again: number, attempt: number, presences: History['presences']) =>
    verdictOn('job-recovered', {
      operations,
      stored: new Set(['one', 'two', 'three']),
      journal: operations.flatMap(({ id }) => [
        line(id, 'worker-1.1', 'started', 1000),
        line(id, 'worker-2.1', 'started', again, attempt),
        line(id, 'worker-2.1', 'returned', again + 10, attempt),
      ]),
      faults: [kill('worker-1.1', 2000)],
      presences,
    }).outcome
  const always = [{ process: 'worker-2.1', from: 0, to: 100_000 }]
  expect(run(16_000, 2, always)).toBe('held')
  expect(run(19_000, 2, always)).toBe('broken')
  expect(run(19_000, 3, always)).toBe('held')
  // Nobody was there for five of those seconds.
  expect(run(19_000, 2, [{ process: 'worker-2.1', from: 7000, to: 100_000 }])).toBe('held')
  // The process that answers takes no jobs.
  expect(run(30_000, 2, [...always.map(({ from, to }) => ({ process: 'web.1', from, to }))])).toBe('held')
})

test('a failure that is written late, by a process that stood still, accuses nobody', () => {
  const journal = [
    line('one', 'worker-1.1', 'started', 1000, 1),
    line('one', 'worker-2.1', 'started', 15_000, 2),
    line('one', 'worker-2.1', 'returned', 15_100, 2),
    line('one', 'worker-1.1', 'failed', 25_000, 1),
  ]
  const pause = { kind: 'pause', target: 'worker-1.1', from: 2000, to: 24_000 } as const
  const run = { operations: [sent('one', { plan: 'first-fails' })], stored: new Set(['one']), journal, faults: [pause] }
  expect(verdictOn('job-fenced', run).outcome).toBe('not exercised')
  expect(verdictOn('job-retried', run).violations).toBe(0)
})

test('only what is promised is judged', () => {
  const claims = judge(history({}), { ...options, promised: { ...promised, jobs: false } }).map(({ claim }) => claim)
  expect(claims).toEqual(['change-kept'])
})
