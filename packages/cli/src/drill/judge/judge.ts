// Makes verdicts of a history: one for each guarantee that was promised, and for no other.

import {
  arrange,
  type Evidence,
  evidenceOf,
  failedForGood,
  isStart,
  killsInWindow,
  recoveries,
  staleAttempts,
  suspectOfLoss,
} from './evidence.ts'
import type { History, OperationKind, SentOperation } from './history.ts'
import type { SaboteurName } from './saboteur-names.ts'
import type { Verdict, Violation } from './verdict.ts'

/** What the drivers of the application promise; only that is judged. */
export interface Promised {
  readonly jobs: boolean
  /** Durable events. */
  readonly events: boolean
  /** Events of one key keep their order. */
  readonly ordered: boolean
  readonly schedules: boolean
  /** Jobs have their effects through the effect ledger. */
  readonly ledger: boolean
}

/** What a verdict needs beside the history. */
export interface JudgeOptions {
  readonly promised: Promised
  /** Kills that were asked for; the floor of those in the dangerous window follows from it. */
  readonly kills: number
  /** Whether everything had come to rest, nothing moved any more, or work was still being done when patience ended. */
  readonly settled: 'rest' | 'stuck' | 'moving'
  /** Longest time until a job of a killed process runs again, in milliseconds. */
  readonly recoveryMs: number
}

/** At least this part of the kills has to come between effect and settlement. */
const windowShare = 0.15

/** Judges every promise. */
export function judge(history: History, options: JudgeOptions): readonly Verdict[] {
  const evidence = arrange(history)
  const { promised } = options
  const kinds: readonly ('job' | 'event')[] = [
    ...(promised.jobs ? (['job'] as const) : []),
    ...(promised.events ? (['event'] as const) : []),
  ]
  return [
    changeKept(evidence),
    ...kinds.flatMap((kind) => [
      kept(evidence, kind, options),
      afterCommit(evidence, kind),
      ...(kind === 'event' || promised.ledger ? [effectOnce(evidence, kind, options)] : []),
      unrepeated(evidence, kind),
    ]),
    ...(promised.jobs ? [retried(evidence), fenced(evidence), recovered(evidence, options)] : []),
    ...(promised.events && promised.ordered ? [ordered(evidence)] : []),
    ...(promised.schedules ? [tickOnce(evidence), tickKept(evidence)] : []),
  ]
}

interface Finding {
  readonly suspect: SaboteurName | undefined
  readonly violation: Violation
}

function verdict(
  claim: string,
  promise: string,
  evidence: string,
  findings: readonly Finding[],
  met?: Verdict['met'],
): Verdict {
  const [first] = findings
  const suspect = findings.find((finding) => finding.suspect !== undefined)?.suspect
  const outcome = first !== undefined ? 'broken' : met !== undefined && met.times < met.floor ? 'not exercised' : 'held'
  return {
    claim,
    promise,
    outcome,
    evidence,
    ...(met === undefined ? {} : { met }),
    ...(suspect === undefined ? {} : { suspect }),
    violations: findings.length,
    ...(first === undefined ? {} : { first: first.violation }),
  }
}

function find(evidence: Evidence, operation: string, what: string, suspect?: SaboteurName, other?: string): Finding {
  const lines = evidenceOf(evidence, operation, ...(other === undefined ? [] : [other]))
  return {
    suspect,
    violation: { operation, ...(other === undefined ? {} : { other }), what, evidence: lines },
  }
}

function changeKept(evidence: Evidence): Verdict {
  const done = evidence.operations.filter(({ answer }) => answer === 'done')
  const refused = evidence.operations.filter(({ answer }) => answer === 'refused')
  const unknown = evidence.operations.filter(({ answer }) => answer === 'unknown')
  const there = unknown.filter(({ id }) => evidence.stored.has(id)).length
  const lost = done.filter(({ id }) => !evidence.stored.has(id))
  const back = refused.filter(({ id }) => evidence.stored.has(id))
  return verdict(
    'change-kept',
    'what was acknowledged is stored, what was refused is not',
    `${done.length} acknowledged, ${lost.length} lost; ${refused.length} refused, ${back.length} stored; ${unknown.length} without an answer, ${there} of them stored`,
    [
      ...lost.map(({ id }) => find(evidence, id, 'it was acknowledged and is not stored', 'answer-before-commit')),
      ...back.map(({ id }) => find(evidence, id, 'it was refused and is stored')),
    ],
    { what: 'kills of the process that answers', times: killsOf(evidence, 'web'), floor: 1 },
  )
}

function killsOf({ faults }: Evidence, role: string): number {
  return faults.filter(({ kind, target }) => kind === 'kill' && target.startsWith(role)).length
}

function accepted(evidence: Evidence, kind: OperationKind): readonly SentOperation[] {
  return evidence.operations.filter((operation) => operation.kind === kind && evidence.stored.has(operation.id))
}

function kept(evidence: Evidence, kind: 'job' | 'event', { settled }: JudgeOptions): Verdict {
  const all = accepted(evidence, kind).filter(({ plan }) => plan !== 'poison')
  const lost = all.filter(({ id }) => evidence.effectsOf(id).length === 0)
  const suspect = suspectOfLoss(evidence, lost)
  // One in so many would have been missed with a chance of one in a hundred.
  const seen = Math.floor(all.length / Math.log(100))
  const told = verdict(
    `${kind}-kept`,
    kind === 'job'
      ? 'a job whose change was committed has its effect, whatever is killed'
      : 'an event whose change was committed is delivered, whatever is killed',
    `${all.length} committed, ${lost.length} lost; a loss of one in ${Math.max(1, seen)} would have shown`,
    lost.map(({ id }) => find(evidence, id, 'its change is stored and its effect never came', suspect)),
    { what: 'kills', times: killsOf(evidence, ''), floor: 1 },
  )
  if (lost.length === 0 || settled !== 'moving') return told
  // Nothing is lost yet that may still come, so that nobody is accused.
  const { first: _first, suspect: _suspect, ...open } = told
  return {
    ...open,
    violations: 0,
    outcome: 'cannot tell',
    evidence: `${all.length} committed, ${lost.length} still on their way when patience ended`,
  }
}

function afterCommit(evidence: Evidence, kind: 'job' | 'event'): Verdict {
  const early = evidence.journal.filter((line) => line.kind === kind && line.step === 'unseen')
  const undone = evidence.operations.filter(
    ({ id, kind: one }) => one === kind && !evidence.stored.has(id) && evidence.linesOf(id).length > 0,
  )
  const undoneIds = new Set(undone.map(({ id }) => id))
  const rollbacks = evidence.operations.filter(({ kind: one, plan }) => one === kind && plan === 'rollback').length
  const before = [...new Set(early.map(({ operation }) => operation))].filter((id) => !undoneIds.has(id))
  return verdict(
    `${kind}-after-commit`,
    kind === 'job'
      ? 'no job runs before its change is committed, or after a rollback'
      : 'no event is delivered before the commit, or after a rollback',
    `${rollbacks} rolled back, ${undone.length} of them ran; ${before.length} ran before the commit`,
    [
      ...before.map((id) => find(evidence, id, 'it ran before its change was committed', 'deliver-before-commit')),
      ...undone.map(({ id, plan }) =>
        // One that was never meant to be rolled back ran first and lost its change afterwards.
        find(
          evidence,
          id,
          'it ran although its change is not stored',
          plan === 'rollback' ? 'forget-a-rollback' : 'deliver-before-commit',
        ),
      ),
    ],
    { what: 'rollbacks', times: rollbacks, floor: 3 },
  )
}

function effectOnce(evidence: Evidence, kind: 'job' | 'event', { kills }: JudgeOptions): Verdict {
  const all = accepted(evidence, kind)
  const doubled = all.filter(({ id }) => evidence.effectsOf(id).length > 1)
  const repeated = all.filter(({ id }) => evidence.linesOf(id).filter(({ step }) => isStart(step)).length > 1)
  return verdict(
    `${kind}-once`,
    kind === 'job'
      ? 'with the effect ledger a job has its effect once, however often it runs'
      : 'an event whose handler settles in its transaction has its effect once, however often it is delivered',
    `${repeated.length} ran more than once, ${doubled.length} had their effect twice`,
    doubled.map(({ id }) => find(evidence, id, 'its effect is there twice', 'forget-the-record')),
    {
      what: 'kills between effect and settlement',
      times: killsInWindow(evidence, kind),
      // Most kills are aimed at jobs, whose handlers stay longer.
      floor: Math.max(1, Math.ceil(kills * windowShare * (kind === 'job' ? 1 : 0.1))),
    },
  )
}

function unrepeated(evidence: Evidence, kind: 'job' | 'event'): Verdict {
  const calm = evidence.phases.filter(({ name }) => name === 'control')
  const within = (at: number) => calm.some(({ from, to }) => at >= from && at < to)
  const all = accepted(evidence, kind).filter(({ sentAt }) => within(sentAt))
  const twice = all.filter(({ id }) => {
    const lines = evidence.linesOf(id).filter(({ at }) => within(at))
    const returned = lines.findIndex(({ step }) => step === 'returned')
    return returned >= 0 && lines.slice(returned).some(({ step }) => isStart(step))
  })
  return verdict(
    `${kind}-unrepeated`,
    'without a fault nothing that ended well is run again',
    `${all.length} in the control phase, ${twice.length} run again`,
    twice.map(({ id }) => find(evidence, id, 'it ended well and was run again', 'deliver-twice')),
    { what: `${kind}s in the control phase`, times: all.length, floor: 5 },
  )
}

function retried(evidence: Evidence): Verdict {
  const jobs = accepted(evidence, 'job')
  const stale = new Set(staleAttempts(evidence).map(({ operation }) => operation))
  const failing = jobs.filter(({ id }) => evidence.linesOf(id).some(({ step }) => step === 'failed'))
  const forgotten = failing.filter(({ id, plan }) => plan !== 'poison' && !stale.has(id) && failedForGood(evidence, id))
  const poison = jobs.filter(({ plan }) => plan === 'poison')
  const hidden = evidence.deadLetters === undefined ? [] : poison.filter(({ id }) => !evidence.deadLetters?.has(id))
  const shown =
    evidence.deadLetters === undefined ? 'not asked for' : `${poison.length - hidden.length} of ${poison.length} shown`
  return verdict(
    'job-retried',
    'a job that fails is run again, and one that always fails is shown as given up',
    `${failing.length} failed, ${forgotten.length} not run again; given up: ${shown}`,
    [
      ...forgotten.map(({ id }) => find(evidence, id, 'it failed and was not run again', 'forget-a-retry')),
      ...hidden.map(({ id }) => {
        const attempts = evidence.linesOf(id).filter(({ step }) => step === 'failed').length
        return find(
          evidence,
          id,
          'each of its attempts failed, and nothing shows it',
          attempts < 3 ? 'forget-a-retry' : 'swallow-the-dead-letter',
        )
      }),
    ],
    { what: 'attempts that failed by plan', times: failing.length, floor: 3 },
  )
}

function fenced(evidence: Evidence): Verdict {
  const poison = new Set(evidence.operations.filter(({ plan }) => plan === 'poison').map(({ id }) => id))
  const stale = staleAttempts(evidence).filter(({ operation }) => !poison.has(operation))
  const settled = stale.filter(({ operation, attempt }) => failedForGood(evidence, operation, attempt))
  const told = stale.filter(({ operation, attempt }) =>
    evidence.linesOf(operation).some((line) => line.step === 'failed' && line.attempt > attempt),
  )
  return verdict(
    'job-fenced',
    'an attempt that was given up settles nothing for the one that follows it',
    `${stale.length} attempts overtaken while their process stood still, ${told.length} of them by one that failed, ${settled.length} settled late`,
    settled.map(({ operation }) =>
      find(
        evidence,
        operation,
        'its later attempt failed and was not run again: the stale one settled it',
        'ignore-a-stale-attempt',
      ),
    ),
    { what: 'stale attempts whose successor failed', times: told.length, floor: 1 },
  )
}

function recovered(evidence: Evidence, { recoveryMs }: JudgeOptions): Verdict {
  const all = recoveries(evidence, 'job').flatMap(({ operation, ms, takers }) =>
    ms === undefined ? [] : [{ operation, ms, takers }],
  )
  // Each process that took it and was killed too has a wait of its own.
  const late = all.filter(({ ms, takers }) => ms > recoveryMs * takers)
  const once = all.filter(({ takers }) => takers === 1)
  const longest = Math.max(0, ...once.map(({ ms }) => ms))
  return verdict(
    'job-recovered',
    `a job in the hands of a killed process runs again within ${recoveryMs / 1000} s, as soon as there is a worker`,
    `${all.length} taken from killed processes, ${all.length - once.length} of them more than once in a row; the longest of the others ran again after ${(longest / 1000).toFixed(1)} s`,
    late.map(({ operation, ms, takers }) =>
      find(
        evidence,
        operation,
        `it ran again only after ${(ms / 1000).toFixed(1)} s${takers === 1 ? '' : `, though ${takers} processes took it`}`,
      ),
    ),
    { what: 'jobs in the hands of killed processes', times: all.length, floor: 3 },
  )
}

function ordered(evidence: Evidence): Verdict {
  const events = new Map(accepted(evidence, 'event').map((operation) => [operation.id, operation]))
  const last = new Map<string, SentOperation>()
  const findings: Finding[] = []
  const seen = new Set<string>()
  let pairs = 0
  for (const effect of evidence.effects.toSorted((left, right) => left.position - right.position)) {
    const operation = events.get(effect.operation)
    if (operation === undefined || seen.has(operation.id)) continue
    seen.add(operation.id)
    const before = last.get(operation.key)
    last.set(operation.key, operation)
    if (before === undefined) continue
    pairs += 1
    if (before.place > operation.place)
      findings.push(
        find(evidence, operation.id, 'it was delivered after one that was committed later', 'reorder', before.id),
      )
  }
  return verdict(
    'event-ordered',
    'events of one key are delivered in the order of their commits',
    `${pairs} neighbours compared, ${findings.length} out of order`,
    findings,
    { what: 'neighbours of one key', times: pairs, floor: 20 },
  )
}

function tickOnce(evidence: Evidence): Verdict {
  const runs = Map.groupBy(evidence.ticks, ({ tick }) => tick)
  const twice = [...runs].filter(([, all]) => all.length > 1)
  return verdict(
    'tick-once',
    'a tick of a schedule has one effective run, however many processes there are',
    `${runs.size} ticks, ${twice.length} twice`,
    twice.map(([tick, all]) => ({
      suspect: 'fire-a-tick-twice',
      violation: {
        operation: new Date(tick).toISOString(),
        what: 'this tick ran more than once',
        evidence: all.map(({ process, at }) => `${process} at ${new Date(at).toISOString()}`),
      },
    })),
    { what: 'ticks', times: runs.size, floor: 3 },
  )
}

function tickKept(evidence: Evidence): Verdict {
  const ran = new Set(evidence.ticks.map(({ tick }) => tick))
  const missed = evidence.due.filter((tick) => !ran.has(tick))
  return verdict(
    'tick-kept',
    'no tick of a schedule is left out, whatever is killed',
    `${evidence.due.length} due, ${missed.length} left out`,
    missed.map((tick) => ({
      suspect: 'skip-a-tick',
      violation: { operation: new Date(tick).toISOString(), what: 'this tick never ran', evidence: [] },
    })),
    { what: 'ticks that were due', times: evidence.due.length, floor: 3 },
  )
}
