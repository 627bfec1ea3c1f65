// Makes the report of a run out of its history: nothing is measured here, everything is counted.

import { versionLine } from '../../command/version.ts'
import { arrange, type Evidence, recoveries } from '../judge/evidence.ts'
import type { Fault, FaultKind, History } from '../judge/history.ts'
import { type SaboteurName, saboteurNames } from '../judge/saboteur-names.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { DriverLine } from '../stand/orders.ts'
import { type DrillReport, outcomeOf, timesOf } from './report.ts'

/** What a report is made of. */
export interface ReportParts {
  readonly drill: string
  readonly app: { readonly name: string; readonly version: string }
  readonly seed: number
  readonly repeat: string
  readonly sabotage: SaboteurName | undefined
  readonly history: History
  readonly verdicts: readonly Verdict[]
  readonly drivers: readonly DriverLine[]
  readonly startedAt: number
  readonly versions: readonly string[]
  readonly backlog: readonly { readonly at: number; readonly waiting: number | null }[]
  readonly clients: number
  readonly leftovers: Readonly<Record<string, number>>
  /** What of the application was drilled. */
  readonly yours: readonly string[]
  readonly notes: readonly string[]
}

/** Makes it. */
export function makeReport(parts: ReportParts): DrillReport {
  const { drill, app, history, verdicts, drivers, startedAt, seed, repeat, sabotage, yours } = parts
  const evidence = arrange(history)
  const zero = history.phases[0]?.from ?? startedAt
  const { operations } = history
  const told = (answer: string) => operations.filter((operation) => operation.answer === answer).length
  return {
    drill,
    app: app.name,
    outcome: outcomeOf(verdicts),
    verdicts,
    startedAt: new Date(startedAt).toISOString(),
    tookMs: Date.now() - startedAt,
    seed,
    repeat,
    versions: [`${app.name} ${app.version}`, versionLine(), ...parts.versions],
    drivers,
    load: {
      clients: parts.clients,
      sent: operations.length,
      done: told('done'),
      refused: told('refused'),
      unknown: told('unknown'),
    },
    phases: history.phases.map(({ name, from, to }) => ({ name, from: from - zero, to: to - zero })),
    faults: history.faults.map(({ kind, target, from, to }) => ({ kind, target, from: from - zero, to: to - zero })),
    recovery: recoveryOf(evidence),
    backlog: parts.backlog.map(({ at, waiting }) => ({ at: at - zero, waiting })),
    errors: errorsOf(evidence),
    latency: history.phases
      .filter(({ name }) => name !== 'settling')
      .map(({ name, from, to }) => ({
        phase: name,
        times: timesOf(
          operations
            .filter(({ answer, sentAt }) => answer !== 'unknown' && sentAt >= from && sentAt < to)
            .map(({ sentAt, answeredAt }) => answeredAt - sentAt),
        ),
      })),
    leftovers: parts.leftovers,
    yours,
    probes: [
      'a module drill_probe with a schema of its own, in the same processes, on the same drivers and the same database',
      `${operations.length} operations of it; nothing was sent to the routes of the application itself`,
    ],
    notes: parts.notes,
    wouldNotice: wouldNotice(verdicts),
    ...(sabotage === undefined ? {} : { sabotage }),
  }
}

function recoveryOf(evidence: Evidence): DrillReport['recovery'] {
  const taken = (kind: 'job' | 'event') =>
    recoveries(evidence, kind).flatMap(({ ms, takers }) => (ms === undefined || takers > 1 ? [] : [ms]))
  const rows = [
    { fault: 'kill', until: 'the job in its hands runs again', times: timesOf(taken('job')) },
    { fault: 'kill', until: 'the event in its hands is delivered again', times: timesOf(taken('event')) },
    ...byFault(evidence, ({ kind, target }) => kind === 'kill' && target.startsWith('web'), 'kill of the web process'),
    ...(['database', 'backends', 'cut'] as const).flatMap((kind) =>
      byFault(evidence, (fault) => fault.kind === kind, words[kind]),
    ),
  ]
  return rows.filter(({ times }) => times.count > 0)
}

const words: Readonly<Record<FaultKind, string>> = {
  kill: 'kill -9',
  drain: 'SIGTERM',
  pause: 'SIGSTOP, later SIGCONT',
  database: 'PostgreSQL stopped at once and started',
  backends: 'connections ended by the server',
  cut: 'connections cut',
  delay: 'slow line',
}

/** What a fault is called for a person. */
export function faultInWords(kind: string): string {
  return Object.hasOwn(words, kind) ? words[kind as FaultKind] : kind
}

function byFault(evidence: Evidence, which: (fault: Fault) => boolean, name: string): DrillReport['recovery'] {
  const good = evidence.operations.filter(({ answer }) => answer === 'done')
  const times = evidence.faults.filter(which).flatMap(({ from }) => {
    const next = good.find(({ sentAt }) => sentAt >= from)
    return next === undefined ? [] : [next.answeredAt - from]
  })
  return [{ fault: name, until: 'the next change that was sent is acknowledged', times: timesOf(times) }]
}

function errorsOf({ operations, phaseAt }: Evidence): DrillReport['errors'] {
  const failed = operations.filter(({ fault }) => fault !== undefined)
  const groups = Map.groupBy(failed, ({ sentAt, fault }) => `${phaseAt(sentAt) ?? 'between'}\n${fault ?? ''}`)
  return [...groups].map(([key, all]) => {
    const [phase = '', fault = ''] = key.split('\n')
    return { phase, fault, count: all.length }
  })
}

/** Which claim would have been broken by which planted fault. */
const claimsOf: Readonly<Record<SaboteurName, string>> = {
  'answer-before-commit': 'change-kept',
  'acknowledge-before-commit': 'job-kept',
  'lose-one-in-500': 'job-kept',
  'deliver-twice': 'job-unrepeated',
  'deliver-before-commit': 'job-after-commit',
  'forget-a-rollback': 'event-after-commit',
  'forget-a-retry': 'job-retried',
  'swallow-the-dead-letter': 'job-retried',
  'drop-the-rest-at-drain': 'job-kept',
  'lose-on-restart': 'event-kept',
  reorder: 'event-ordered',
  'ignore-a-stale-attempt': 'job-fenced',
  'fire-a-tick-twice': 'tick-once',
  'skip-a-tick': 'tick-kept',
  'forget-the-record': 'job-once',
}

function wouldNotice(verdicts: readonly Verdict[]): readonly SaboteurName[] {
  const judged = new Set(
    verdicts.filter(({ outcome }) => outcome === 'held' || outcome === 'broken').map(({ claim }) => claim),
  )
  return saboteurNames.filter((name) => judged.has(claimsOf[name]))
}
