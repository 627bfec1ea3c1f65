// Puts one module of a test's application into a process of its own, behind real sockets in both directions.
import { randomBytes } from 'node:crypto'
import type { ManualClock } from '@footing/kernel'
import type { App } from '../../app/create-app.ts'
import { changedScope } from '../../data/contract/query-scope.ts'
import type { CallDisturbance } from '../../placement/disturbance.ts'
import { placeVariable } from '../../placement/place-modules.ts'
import type { TestDataPlace } from '../counted-data/open-test-data.ts'
import type { QueryCounter } from '../counted-data/query-counter.ts'
import { openLateDoor } from './late-door.ts'
import { Rehearsal } from './rehearsal.ts'
import type { RehearsalPlan } from './rehearsal-notes.ts'
import { type SecondProcess, startSecondProcess } from './second-process.ts'

/** Which module of which application leaves the process of the test. */
export interface ModulePlace {
  readonly module: string
  /** The file that exports the application as `app`. */
  readonly entry: string | URL
  /** Disturbs the calls between the two processes; default none. */
  readonly rehearsal?: RehearsalPlan
}

/** A module that has left. */
export interface PlacedModule {
  /** What the process of the test needs of its environment. */
  readonly env: Readonly<Record<string, string>>
  /** What disturbs the calls to it. */
  readonly disturbance: CallDisturbance | undefined
  /** To be called when the test's own application listens: what the module needs is there. */
  meet(port: number | undefined): void
  /** Ends connections and process. */
  close(): Promise<void>
}

/**
 * Starts the module elsewhere. Nothing of the test's application has to listen yet.
 * @throws `second-process-failed`
 */
export async function placeModule(
  place: ModulePlace,
  app: Pick<App, 'modules'>,
  env: Readonly<Record<string, string>>,
  data: TestDataPlace,
  clock: ManualClock | undefined,
  queries: QueryCounter,
): Promise<PlacedModule> {
  const { module, rehearsal: plan } = place
  const needs = app.modules.find(({ name }) => name === module)?.needs ?? []
  const back = needs.length > 0 ? await openLateDoor(plan?.latencyMs) : undefined
  const front = plan && (await openLateDoor(plan.latencyMs))
  const rehearsal = plan && new Rehearsal(plan)
  const counted: QueryCounter = {
    ...queries,
    observe: (scope) => (rehearsal?.disturbing ? changedScope(scope, {}) : queries.observe(scope)),
  }
  const keys = { MODULE_KEYS: `test:${randomBytes(32).toString('base64url')}` }
  const needed = needs.map(({ name }) => [placeVariable(name), back?.url ?? ''])
  const order = {
    entry: String(place.entry),
    module,
    modules: app.modules.map(({ name }) => name),
    env: { DRAIN_DELAY_MS: '0', ...env, ...keys, ...Object.fromEntries(needed) },
    data,
    ...(plan === undefined ? {} : { rehearsal: plan }),
  }
  const all: SecondProcess[] = []
  const closeDoors = async () => {
    await front?.close()
    await back?.close()
  }
  try {
    const first = await startSecondProcess(order, clock, counted)
    all.push(first)
    front?.lead(first.port)
    // As a deployment does it: the new one is there before the old one goes; what was under way there breaks.
    rehearsal?.restartBy(async () => {
      const next = await startSecondProcess(order, clock, counted)
      all.push(next)
      return () => {
        front?.cut()
        front?.lead(next.port)
        void first.kill()
      }
    })
    return {
      env: { ...keys, [placeVariable(module)]: front?.url ?? `http://127.0.0.1:${first.port}` },
      disturbance: rehearsal,
      meet: (port) => back?.lead(port),
      close: async () => {
        await rehearsal?.close()
        await Promise.all(all.map((one) => one.stop()))
        await closeDoors()
      },
    }
  } catch (error) {
    await rehearsal?.close()
    await closeDoors()
    throw error
  }
}
