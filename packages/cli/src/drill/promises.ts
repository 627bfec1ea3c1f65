// Which promises of an application can be drilled: those that its manifests use and its drivers make.
import type { App } from '@footing/core'
import { cliErrors } from '../command/errors.ts'
import type { OperationKind } from './judge/history.ts'
import type { Promised } from './judge/judge.ts'
import type { DriverLine } from './stand/orders.ts'
import type { ProbeParts } from './stand/probe-module.ts'

/** What an application uses. */
export interface OwnPromises {
  /** What the probe uses of it. */
  readonly parts: ProbeParts
  /** Kinds of operations that the load is made of. */
  readonly kinds: readonly OperationKind[]
  /** What is the user's, for the report. */
  readonly uses: readonly string[]
  /** What the drivers that were started promise of it. */
  readonly promised: (drivers: readonly DriverLine[]) => Promised
  /** What they do not promise, so that nobody takes silence for a verdict. */
  readonly notes: (drivers: readonly DriverLine[]) => readonly string[]
}

/**
 * Reads the manifests.
 * @throws `drill-database-missing`, `drill-nothing-promised`
 */
export function promisesOf(app: Pick<App, 'name' | 'modules'>): OwnPromises {
  const using = (capability: string) =>
    app.modules.filter(({ uses }) => uses.some((used) => used.capability === capability)).map(({ name }) => name)
  const announcing = app.modules.flatMap(({ name, events }) => Object.keys(events).map((event) => `${name}.${event}`))
  const [jobs, cron, effects] = [using('jobs'), using('cron'), using('effects')]
  if (app.modules.every(({ tables, migrations }) => tables.length === 0 && migrations === undefined)) {
    throw cliErrors('drill-database-missing', { details: { app: app.name } })
  }
  if (jobs.length + cron.length + announcing.length === 0) {
    throw cliErrors('drill-nothing-promised', { details: { app: app.name } })
  }
  const durable = (drivers: readonly DriverLine[]) =>
    drivers.find(({ capability }) => capability === 'events')?.guarantees.durable === true
  const list = (names: readonly string[]) => names.join(', ')
  return {
    parts: { jobs: jobs.length > 0, events: announcing.length > 0, schedules: cron.length > 0 },
    kinds: [
      ...(jobs.length > 0 ? (['job'] as const) : []),
      ...(announcing.length > 0 ? (['event'] as const) : []),
      'change',
    ],
    uses: [
      ...(jobs.length > 0 ? [`jobs of ${list(jobs)}`] : []),
      ...(announcing.length > 0 ? [`events ${list(announcing)}`] : []),
      ...(cron.length > 0 ? [`schedules of ${list(cron)}`] : []),
      ...(effects.length > 0 ? [`effect ledger in ${list(effects)}`] : []),
    ],
    promised(drivers) {
      const guarantees = (capability: string) =>
        drivers.find((line) => line.capability === capability)?.guarantees ?? {}
      const events = guarantees('events')
      return {
        jobs: jobs.length > 0,
        events: announcing.length > 0 && durable(drivers),
        ordered: events['ordered-per-key'] === true || events.ordered === true,
        schedules: cron.length > 0,
        ledger: jobs.length > 0,
      }
    },
    notes: (drivers) => [
      ...(announcing.length > 0 && !durable(drivers)
        ? ['the driver of events does not promise to keep them when a process dies: events are not judged']
        : []),
      ...(jobs.length > 0 && effects.length === 0
        ? [
            'no module of yours uses effects(): a job of yours that runs twice has its effect twice; the ledger was drilled by the probe',
          ]
        : []),
    ],
  }
}
