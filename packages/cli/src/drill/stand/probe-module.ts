// The probe as a module of the user's application: it uses the same capabilities in the same processes as the user's modules.
import { AsyncResource } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Schema, Transaction } from '@footing/core'
import type { Operation } from '../judge/history.ts'
import type { SaboteurName } from '../judge/saboteur-names.ts'
import { PlannedRollback, type ProbeWorld } from '../probe/probe.ts'
import { probeName } from '../probe/probe-tables.ts'
import { sabotaged } from '../saboteurs/saboteurs.ts'

/** The library as the user's application has it: the probe must be made by the same one. */
type Library = typeof import('@footing/core')

/** How a probe is made. */
export interface ProbeOptions {
  /** Name of the process. */
  readonly process: string
  readonly migrations: URL
  readonly sabotage: SaboteurName | undefined
  readonly inWindow: (operation: Operation) => void
  readonly draining: () => boolean
}

/** Path of the probe below the base path of the application. */
export const probePath = '/drill-probe'

/** Makes the module. */
export function probeModule(library: Library, options: ProbeOptions) {
  const { defineModule, implement, event, route, respond, describedAs } = library
  const plain: Schema<Operation> = {
    // Only the drill itself sends any.
    '~standard': { version: 1, vendor: 'footing', validate: (value) => ({ value: value as Operation }) },
  }
  const schema = describedAs(plain, { type: 'object', additionalProperties: true })
  const manifest = defineModule(probeName, {
    owner: '@footing/drill',
    tables: ['operation', 'journal', 'effect', 'effect_by_operation', 'tick'],
    migrations: options.migrations,
    events: { happened: event(schema) },
  })
  return implement(manifest, (kit) => {
    const database = kit.database<Record<never, never>>()
    // Witnesses write whatever becomes of the work that they watch: outside of its deadline and its cancellation.
    const outside = AsyncResource.bind(<T>(work: () => Promise<T>) => work()) as <T>(
      work: () => Promise<T>,
    ) => Promise<T>
    const query = <Row extends object>(text: string, ...values: readonly unknown[]) =>
      outside(() => database.query<Row>(text, values))
    const emit = kit.emit as unknown as { in(tx: unknown, name: string, payload: unknown): Promise<void> } // its one event
    const world: ProbeWorld<Transaction<Record<never, never>>> = {
      process: options.process,
      transaction: (work) => database.transaction(work),
      async store(tx, { id, kind, plan }) {
        await tx.query(`insert into ${probeName}.operation (id, kind, plan) values ($1, $2, $3)`, [id, kind, plan])
      },
      async addJob() {
        throw new Error('this application has no jobs')
      },
      emit: (tx, operation) => emit.in(tx, 'happened', operation),
      once: (_tx, _key, work) => work(),
      async effect(tx, { id, kind }) {
        await tx.query(`insert into ${probeName}.effect (process, operation, kind) values ($1, $2, $3)`, [
          options.process,
          id,
          kind,
        ])
        await tx.query(
          `insert into ${probeName}.effect_by_operation (operation, kind) values ($1, $2) on conflict do nothing`,
          [id, kind],
        )
      },
      async journal({ operation, kind, step, attempt }) {
        await query(
          `insert into ${probeName}.journal (process, operation, kind, step, attempt) values ($1, $2, $3, $4, $5)`,
          options.process,
          operation,
          kind,
          step,
          attempt,
        )
      },
      async tick(tick) {
        await query(
          `insert into ${probeName}.tick (process, tick) values ($1, to_timestamp($2::float8 / 1000))`,
          options.process,
          tick,
        )
      },
      async isStored(operation) {
        const rows = await query(`select id from ${probeName}.operation where id = $1`, operation)
        return rows.length > 0
      },
      async hasReturned(operation) {
        const rows = await query(
          `select 1 from ${probeName}.journal where operation = $1 and step = 'returned' limit 1`,
          operation,
        )
        return rows.length > 0
      },
      pause: (ms) => delay(ms).then(() => undefined),
      inWindow: options.inWindow,
      draining: options.draining,
    }
    const handlers = sabotaged(options.sabotage, world)
    return {
      on: { [`${probeName}.happened`]: (operation: Operation) => handlers.event(operation) },
      routes: [
        route({
          method: 'POST',
          path: probePath,
          auth: 'none',
          deadline: '20s',
          body: schema,
          answers: { 409: null },
          handle: async ({ body }) => {
            try {
              await handlers.change(body)
            } catch (error) {
              if (error instanceof PlannedRollback) return respond(409)
              throw error
            }
            return undefined
          },
        }),
      ],
    }
  })
}
