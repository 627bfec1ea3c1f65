// The report of a run of the model: as a page, at a terminal, and with hostile words in it.
import { beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../../command/terminal.ts'
import { judge } from '../judge/judge.ts'
import { modelHistory } from '../saboteurs/model.fixture.ts'
import { drillPage } from './drill-page.ts'
import { makeReport } from './make-report.ts'
import type { DrillReport } from './report.ts'
import { showReport } from './show-report.ts'

const promised = { jobs: true, events: true, ordered: true, schedules: true, ledger: true }
let held: DrillReport
let broken: DrillReport
beforeAll(async () => {
  held = await report(undefined)
  broken = await report('reorder')
})

async function report(sabotage: 'reorder' | undefined): Promise<DrillReport> {
  const history = await modelHistory({ seed: 3, ...(sabotage === undefined ? {} : { sabotage }) })
  const from = history.phases[0]?.from ?? 0
  return makeReport({
    drill: 'kill-worker',
    app: { name: 'shop <b>&', version: '1.0.0' },
    seed: 3,
    repeat: 'footing drill kill-worker --seed 3',
    sabotage,
    history,
    verdicts: judge(history, { promised, kills: 30, settled: 'rest', recoveryMs: 15_000 }),
    drivers: [{ capability: 'jobs', driver: 'postgresql', guarantees: { transactional: true } }],
    startedAt: from,
    versions: ['PostgreSQL 18.4'],
    backlog: [
      { at: from, waiting: 0 },
      { at: from + 5000, waiting: 12 },
      { at: from + 6000, waiting: null },
      { at: from + 9000, waiting: 3 },
      { at: from + 12_000, waiting: 1 },
    ],
    clients: 5,
    leftovers: { connections: 0 },
    yours: ['jobs of shop'],
    notes: [],
  })
}

function shown(what: DrillReport): string {
  let text = ''
  const stream = { write: (part: string) => (text += part) }
  showReport(what, createTerminal({ stdout: stream, stderr: stream, env: {} }))
  return text
}

test('a terminal shows a line for each guarantee, what was met, and how to repeat it', () => {
  const text = shown(held)
  for (const { promise } of held.verdicts) expect(text).toContain(`held           ${promise}`)
  expect(text).toContain('kills between effect and settlement')
  expect(text).toContain('again: footing drill kill-worker --seed 3')
  expect(text.trimEnd().endsWith('held')).toBe(true)
})

test('what is broken is told by the name of the planted fault, with both operations', () => {
  const text = shown(broken)
  expect(text).toContain('broken: event-ordered, as reorder would')
  const verdict = broken.verdicts.find(({ claim }) => claim === 'event-ordered')
  const { operation = '', other = '', evidence = [] } = verdict?.first ?? {}
  expect(evidence.some((line) => line.includes(operation))).toBe(true)
  expect(evidence.some((line) => line.includes(other))).toBe(true)
})

test('the page has no script, asks nobody for anything, and takes no markup from an application', () => {
  const page = drillPage(broken)
  expect(page).not.toMatch(/<script|src=|href=|url\(|@import/)
  expect(page).toContain('shop &lt;b&gt;&amp;')
  expect(page).not.toContain('shop <b>')
  expect(page).toContain('A fault was planted')
  // Every fault is a band with its target as title.
  expect(page.match(/class="fault /g)).toHaveLength(broken.faults.length)
  expect(page.match(/<polyline/g)).toHaveLength(2)
})

test('what a run did not judge, it would not have noticed', () => {
  const only = held.verdicts.filter(({ claim }) => claim !== 'event-ordered')
  expect(held.wouldNotice).toContain('reorder')
  expect(only.length).toBe(held.verdicts.length - 1)
  expect(held.errors).toEqual([])
  expect(held.recovery.map(({ fault }) => fault)).toContain('kill')
})
