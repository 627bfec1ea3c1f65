// The history of a drill arranged by operation and by process, and the questions that several verdicts ask of it.

import type { Effect, History, JournalLine, Phase, SentOperation } from './history.ts'
import type { SaboteurName } from './saboteur-names.ts'

/** A history with its indexes. */
export interface Evidence extends History {
  readonly linesOf: (operation: string) => readonly JournalLine[]
  readonly effectsOf: (operation: string) => readonly Effect[]
  /** Operations that a process had begun and not ended: what it had in its hands when it was killed. */
  readonly unfinishedBy: (process: string) => readonly string[]
  readonly phaseAt: (at: number) => Phase['name'] | undefined
}

/** Arranges a history. */
export function arrange(history: History): Evidence {
  const lines = Map.groupBy(history.journal, ({ operation }) => operation)
  const effects = Map.groupBy(history.effects, ({ operation }) => operation)
  const byProcess = Map.groupBy(history.journal, ({ process }) => process)
  return {
    ...history,
    linesOf: (operation) => lines.get(operation) ?? [],
    effectsOf: (operation) => effects.get(operation) ?? [],
    unfinishedBy(process) {
      const open = new Set<string>()
      for (const { operation, step } of byProcess.get(process) ?? []) {
        if (step === 'started' || step === 'unseen') open.add(operation)
        else open.delete(operation)
      }
      return [...open]
    },
    phaseAt: (at) => history.phases.find(({ from, to }) => at >= from && at < to)?.name,
  }
}

/** Kills that met a process whose effect was committed and whose handler had not ended. */
export function killsInWindow(evidence: Evidence, kind: 'job' | 'event'): number {
  return evidence.faults.filter(
    ({ kind: fault, target }) =>
      fault === 'kill' &&
      evidence
        .unfinishedBy(target)
        .some((operation) =>
          evidence.effectsOf(operation).some((effect) => effect.process === target && effect.kind === kind),
        ),
  ).length
}

/** What became of one piece of work that a killed process had in its hands. */
export interface Recovery {
  readonly operation: string
  /** Until it was begun again, of the time in which a worker was there; undefined when it never was. */
  readonly ms: number | undefined
  /** How many processes took it in that time: more than one when the next was killed before it wrote anything. */
  readonly takers: number
}

/** Kills that met a process with work in its hands, and how long each piece waited until it was begun again. */
export function recoveries(evidence: Evidence, kind: 'job' | 'event'): readonly Recovery[] {
  return evidence.faults
    .filter((fault) => fault.kind === 'kill')
    .flatMap((fault) =>
      evidence.unfinishedBy(fault.target).flatMap((operation): readonly Recovery[] => {
        const lines = evidence.linesOf(operation).filter((line) => line.kind === kind)
        const held = lines.findLast(({ process, step }) => process === fault.target && isStart(step))
        if (held === undefined) return []
        const again = lines.find(
          ({ process, step, at }) => process !== fault.target && isStart(step) && at >= fault.from,
        )
        if (again === undefined) return [{ operation, ms: undefined, takers: 0 }]
        // Attempts are counted when they are taken, also by one that was killed before it began.
        const takers = Math.max(1, again.attempt - held.attempt)
        return [{ operation, ms: workedTime(evidence, fault.from, again.at), takers }]
      }),
    )
}

/** How much of a stretch there was a worker in: a machine that is slow to start processes says nothing about a queue. */
function workedTime({ presences }: Evidence, from: number, to: number): number {
  const within = presences
    .filter((presence) => presence.process.startsWith('worker') && presence.from < to && presence.to > from)
    .toSorted((left, right) => left.from - right.from)
  let sum = 0
  let reached = from
  for (const presence of within) {
    const end = Math.min(to, presence.to)
    sum += Math.max(0, end - Math.max(reached, presence.from))
    reached = Math.max(reached, end)
  }
  return sum
}

/** Jobs begun again while the attempt before was not over, because its process stood still: that one is stale from then on. */
export function staleAttempts(evidence: Evidence): readonly { readonly operation: string; readonly attempt: number }[] {
  return evidence.faults
    .filter(({ kind }) => kind === 'pause')
    .flatMap(({ target, from, to }) => {
      const before = evidence.journal.filter(
        ({ process, kind, at }) => process === target && kind === 'job' && at <= from,
      )
      const open = new Map<string, number>()
      for (const { operation, step, attempt } of before) {
        if (isStart(step)) open.set(operation, attempt)
        else open.delete(operation)
      }
      return [...open].flatMap(([operation, attempt]) => {
        const others = evidence
          .linesOf(operation)
          .filter(({ process, step, at }) => process !== target && isStart(step) && at > from && at < to)
        return others.length === 0 ? [] : [{ operation, attempt }]
      })
    })
}

/** Whether an attempt above this one failed and none above that was ever begun. */
export function failedForGood({ linesOf }: Evidence, operation: string, above = 0): boolean {
  const lines = linesOf(operation)
  const failed = lines.filter(({ step, attempt }) => step === 'failed' && attempt > above)
  const last = Math.max(...failed.map(({ attempt }) => attempt))
  return failed.length > 0 && !lines.some(({ step, attempt }) => isStart(step) && attempt > last)
}

/** Whether a step begins an attempt. */
export function isStart(step: JournalLine['step']): boolean {
  return step === 'started' || step === 'unseen'
}

/**
 * Which planted fault looks like the loss of these operations: by how far each had come, and by what was done to the system
 * when it was sent.
 */
export function suspectOfLoss(evidence: Evidence, lost: readonly SentOperation[]): SaboteurName | undefined {
  const votes = lost.map((operation): SaboteurName => {
    const last = evidence.linesOf(operation.id).at(-1)
    if (last?.step === 'failed') return 'forget-a-retry'
    if (last !== undefined) return 'acknowledge-before-commit'
    const phase = evidence.phaseAt(operation.sentAt)
    if (phase === 'drains') return operation.kind === 'job' ? 'drop-the-rest-at-drain' : 'lose-on-restart'
    const calm = phase === 'control' || phase === 'after' || phase === 'settling'
    return calm || !nearEnd(evidence, operation) ? 'lose-one-in-500' : 'lose-on-restart'
  })
  // A loss in a calm stretch needs no fault to explain it, so it explains the others.
  if (votes.includes('lose-one-in-500')) return 'lose-one-in-500'
  const counts = Map.groupBy(votes, (name) => name)
  return [...counts].toSorted(([, left], [, right]) => right.length - left.length)[0]?.[0]
}

/** How long after its answer a change may still be on its way in a process that held it in memory. */
const memoryMs = 1500

function nearEnd({ faults }: Evidence, { answeredAt }: SentOperation): boolean {
  return faults.some(
    ({ kind, target, from }) =>
      (kind === 'database' || kind === 'backends' || (kind === 'kill' && target.startsWith('web'))) &&
      from >= answeredAt - memoryMs &&
      from <= answeredAt + memoryMs,
  )
}

/** What is known of operations, as lines for a report. */
export function evidenceOf(evidence: Evidence, ...operations: readonly string[]): readonly string[] {
  const start = evidence.phases[0]?.from ?? 0
  const clock = (at: number) => `${((at - start) / 1000).toFixed(3).padStart(8)} s`
  return operations
    .flatMap((id) => {
      const sent = evidence.operations.find((operation) => operation.id === id)
      return [
        ...(sent === undefined
          ? []
          : [
              { at: sent.sentAt, text: `client sends ${id} (${sent.plan}, place ${sent.place} of ${sent.key})` },
              {
                at: sent.answeredAt,
                text: `client hears of ${id}: ${sent.answer}${sent.fault === undefined ? '' : `, ${sent.fault}`}`,
              },
            ]),
        ...evidence.linesOf(id).map(({ at, process, step, attempt }) => ({
          at,
          text: `${process} ${step} ${id}, attempt ${attempt}`,
        })),
        ...evidence.effectsOf(id).map(({ at, process }) => ({ at, text: `${process} has the effect of ${id}` })),
        ...evidence.faults
          .filter(({ target }) => evidence.linesOf(id).some((line) => line.process === target))
          .map(({ from, target, kind }) => ({ at: from, text: `${kind} of ${target}` })),
      ]
    })
    .toSorted((left, right) => left.at - right.at)
    .map(({ at, text }) => `${clock(at)}  ${text}`)
}
