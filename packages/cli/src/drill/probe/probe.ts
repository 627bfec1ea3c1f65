// The work of the probe: what is done in a change, in a job, in a handler of an event and at a tick, whoever carries it.
import type { JournalLine, Operation } from '../judge/history.ts'

/** What the probe stands on. The module of the drill gives the application's own capabilities; tests give a model. */
export interface ProbeWorld<Tx> {
  /** `worker-2.7`. */
  readonly process: string
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Stores the change itself. */
  store(tx: Tx, operation: Operation): Promise<void>
  addJob(tx: Tx, operation: Operation): Promise<void>
  emit(tx: Tx, operation: Operation): Promise<void>
  /** The effect ledger. */
  once(tx: Tx, key: string, work: () => Promise<void>): Promise<void>
  /** Writes the effect to both tables. */
  effect(tx: Tx, operation: Operation): Promise<void>
  /** Writes a line of the journal, committed by itself; the time is the database's. */
  journal(line: Pick<JournalLine, 'operation' | 'kind' | 'step' | 'attempt'>): Promise<void>
  /** Writes a run of the schedule; one that is begun again after its process died writes it once. */
  tick(tick: number, attempt: number): Promise<void>
  isStored(operation: string): Promise<boolean>
  /** Whether an attempt has written that it returned. */
  hasReturned(operation: string): Promise<boolean>
  pause(ms: number): Promise<void>
  /** The effect of an operation is committed, and its handler has not ended: where a kill hurts most. */
  inWindow(operation: Operation): void
  /** True from the moment when the process was asked to stop. */
  draining(): boolean
}

/** Commits the effects of a delivery together with the record that there was one. */
export type Settle<Tx> = (tx: Tx, work: () => Promise<void>) => Promise<unknown>

/** What the processes run. */
export interface ProbeHandlers<Tx> {
  /** Runs the change of an operation. @throws `PlannedRollback` when that was its plan */
  change(operation: Operation): Promise<void>
  /** `attempt` counts from 1. */
  job(operation: Operation, attempt: number): Promise<void>
  /** `settle` runs work unless an earlier delivery has committed it. */
  event(operation: Operation, attempt: number, settle?: Settle<Tx>): Promise<void>
  tick(tick: number, attempt: number): Promise<void>
}

/** How many attempts a job has that fails each time. */
export const poisonAttempts = 3

/** A transaction that was meant to be rolled back. */
export class PlannedRollback extends Error {
  constructor() {
    super('this change is rolled back by plan')
  }
}

/** Makes the handlers. */
export function probeHandlers<Tx>(world: ProbeWorld<Tx>): ProbeHandlers<Tx> {
  return {
    change: (operation) =>
      world.transaction(async (tx) => {
        await world.store(tx, operation)
        if (operation.kind === 'job') await world.addJob(tx, operation)
        if (operation.kind === 'event') await world.emit(tx, operation)
        if (operation.plan === 'rollback') throw new PlannedRollback()
      }),
    job: (operation, attempt) => handle(world, operation, attempt, failsAt(operation, attempt)),
    event: (operation, attempt, settle) => handle(world, operation, attempt, false, settle),
    tick: (tick, attempt) => world.tick(tick, attempt),
  }
}

async function handle<Tx>(
  world: ProbeWorld<Tx>,
  operation: Operation,
  attempt: number,
  fails: boolean,
  settle: Settle<Tx> = (tx, work) => world.once(tx, `${operation.kind} ${operation.id}`, work),
): Promise<void> {
  const { id, kind, pauseMs } = operation
  const step = (name: JournalLine['step']) => world.journal({ operation: id, kind, step: name, attempt })
  await step((await world.isStored(id)) ? 'started' : 'unseen')
  if (fails) {
    await step('failed')
    throw new Error('this attempt fails by plan')
  }
  await world.transaction((tx) => settle(tx, () => world.effect(tx, operation)))
  if (pauseMs > 0) {
    world.inWindow(operation)
    await world.pause(pauseMs)
  }
  await step('returned')
}

function failsAt({ plan }: Operation, attempt: number): boolean {
  return plan === 'poison' || (plan === 'first-fails' && attempt === 1) || (plan === 'second-fails' && attempt === 2)
}
