// The probe as a module of the user's application: it uses the same capabilities in the same processes as the user's modules.
import { AsyncResource } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { AnyManifest, Schema, Transaction, Use } from '@footing/core'
import type { Operation } from '../judge/history.ts'
import type { SaboteurName } from '../judge/saboteur-names.ts'
import { PlannedRollback, type ProbeWorld, poisonAttempts, type Settle } from '../probe/probe.ts'
import { probeName, tickSeconds } from '../probe/probe-tables.ts'
import { sabotaged } from '../saboteurs/saboteurs.ts'

/** The library as the user's application has it: the probe must be made by the same one. */
export interface Library {
  readonly core: typeof import('@footing/core')
  readonly jobs: typeof import('@footing/core/jobs')
  readonly effects: typeof import('@footing/core/effects')
  readonly cron: typeof import('@footing/core/cron')
}

/** What the probe uses: what the user's manifests use. */
export interface ProbeParts {
  readonly jobs: boolean
  readonly events: boolean
  readonly schedules: boolean
}

/** How a probe is made. */
export interface ProbeOptions {
  /** Name of the process. */
  readonly process: string
  readonly parts: ProbeParts
  readonly migrations: URL
  readonly sabotage: SaboteurName | undefined
  readonly inWindow: (operation: Operation) => void
  readonly draining: () => boolean
}

/** Path of the probe below the base path of the application. */
export const probePath = '/drill-probe'

type Tx = Transaction<Record<never, never>>

/** Kills count attempts too, and nothing of the probe is to be given up because it was killed. */
const manyAttempts = 200

/** What the kit of a module holds that uses everything; only what is used is there. */
interface ProbeKit {
  readonly jobs: { add(tx: Tx, name: string, payload: Operation): Promise<unknown> }
  readonly effects: { once(tx: Tx, key: string, work: () => Promise<void>): Promise<unknown> }
  readonly emit: { in(tx: Tx, name: string, payload: Operation): Promise<void> }
}

/** The probe as `createApp` takes it, whatever it uses. */
interface ProbeImplementation {
  readonly manifest: AnyManifest
  readonly setup: (kit: never) => unknown
}

/** Makes the module. */
export function probeModule(library: Library, options: ProbeOptions): ProbeImplementation {
  const { defineModule, implement, event, route, respond, describedAs } = library.core
  const { parts } = options
  const plain: Schema<Operation> = {
    // Only the drill itself sends any.
    '~standard': { version: 1, vendor: 'footing', validate: (value) => ({ value: value as Operation }) },
  }
  const schema = describedAs(plain, { type: 'object', additionalProperties: true })
  const manifest = defineModule(probeName, {
    owner: '@footing/drill',
    tables: ['operation', 'journal', 'effect', 'effect_by_operation', 'tick'],
    migrations: options.migrations,
    events: { happened: event(schema, { key: 'key' }) },
    uses: usesOf(library, parts, schema),
  })
  return implement(manifest, (kit) => {
    const database = kit.database<Record<never, never>>()
    const { jobs, effects, emit } = kit as unknown as ProbeKit // what `usesOf` declares, which depends on the application
    // Witnesses write whatever becomes of the work that they watch: outside of its deadline and its cancellation.
    const outside = AsyncResource.bind(<T>(work: () => Promise<T>) => work()) as <T>(
      work: () => Promise<T>,
    ) => Promise<T>
    const query = <Row extends object>(text: string, ...values: readonly unknown[]) =>
      outside(() => database.query<Row>(text, values))
    const world: ProbeWorld<Tx> = {
      process: options.process,
      transaction: (work) => database.transaction(work),
      async store(tx, { id, kind, plan }) {
        await tx.query(`insert into ${probeName}.operation (id, kind, plan) values ($1, $2, $3)`, [id, kind, plan])
      },
      async addJob(tx, operation) {
        await jobs.add(tx, operation.plan === 'poison' ? 'poison' : 'effect', operation)
      },
      emit: (tx, operation) => emit.in(tx, 'happened', operation),
      async once(tx, key, work) {
        await effects.once(tx, key, work)
      },
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
      async tick(tick, attempt) {
        await query(
          `insert into ${probeName}.tick (process, tick)
           select $1, t.at from (select to_timestamp($2::float8 / 1000) as at) t
           where $3::int = 1 or not exists (select 1 from ${probeName}.tick o where o.tick = t.at)`,
          options.process,
          tick,
          attempt,
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
    const job = (operation: Operation, _context: unknown, { attempt }: { readonly attempt: number }) =>
      handlers.job(operation, attempt)
    return {
      ...(parts.jobs ? { jobs: { effect: job, poison: job } } : {}),
      ...(parts.schedules
        ? {
            cron: {
              often: ({ at, attempt }: { readonly at: number; readonly attempt: number }) => handlers.tick(at, attempt),
            },
          }
        : {}),
      ...(parts.events
        ? {
            on: {
              [`${probeName}.happened`]: {
                from: 'beginning',
                attempts: manyAttempts,
                handle: (operation: Operation, _context: unknown, facts: DeliveryFacts) =>
                  handlers.event(operation, facts.attempt ?? 1, facts.once),
              },
            },
          }
        : {}),
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

/** What a driver that keeps events tells beside the payload. */
interface DeliveryFacts {
  readonly attempt?: number
  readonly once?: Settle<Tx>
}

function usesOf({ jobs, effects, cron }: Library, parts: ProbeParts, payload: Schema<Operation>): readonly Use[] {
  const often = { timeout: '60s', backoff: { first: '1s', most: '2s' } } as const
  return [
    ...(parts.jobs
      ? [
          jobs.jobs({
            effect: jobs.job({ payload, attempts: manyAttempts, ...often }),
            poison: jobs.job({ payload, attempts: poisonAttempts, ...often }),
          }),
          effects.effects(),
        ]
      : []),
    ...(parts.schedules
      ? [
          cron.cron({
            often: cron.schedule({
              at: `*/${tickSeconds} * * * * *`,
              overlap: 'queue',
              catchUp: { within: '1h' },
              attempts: 50,
            }),
          }),
        ]
      : []),
  ]
}
