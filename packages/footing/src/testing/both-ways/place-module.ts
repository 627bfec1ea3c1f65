// Puts one module of a test's application into a process of its own, behind real sockets in both directions.
import { randomBytes } from 'node:crypto'
import type { ManualClock } from '@footing/kernel'
import type { App } from '../../app/create-app.ts'
import { placeVariable } from '../../app/place-modules.ts'
import type { TestDataPlace } from '../open-test-data.ts'
import type { QueryCounter } from '../query-counter.ts'
import { type LateDoor, openLateDoor } from './late-door.ts'
import { startSecondProcess } from './second-process.ts'

/** Which module of which application leaves the process of the test. */
export interface ModulePlace {
  readonly module: string
  /** The file that exports the application as `app`. */
  readonly entry: string | URL
}

/** A module that has left. */
export interface PlacedModule {
  /** What the process of the test needs of its environment. */
  readonly env: Readonly<Record<string, string>>
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
  const { module } = place
  const manifest = app.modules.find(({ name }) => name === module)
  const back: LateDoor | undefined = manifest?.needs.length ? await openLateDoor() : undefined
  const keys = { MODULE_KEYS: `test:${randomBytes(32).toString('base64url')}` }
  const needed = (manifest?.needs ?? []).map(({ name }) => [placeVariable(name), back?.url ?? ''])
  const order = {
    entry: String(place.entry),
    module,
    modules: app.modules.map(({ name }) => name),
    env: { DRAIN_DELAY_MS: '0', ...env, ...keys, ...Object.fromEntries(needed) },
    data,
  }
  try {
    const second = await startSecondProcess(order, clock, queries)
    return {
      env: { ...keys, [placeVariable(module)]: `http://127.0.0.1:${second.port}` },
      meet: (port) => back?.lead(port),
      close: async () => {
        await second.stop()
        await back?.close()
      },
    }
  } catch (error) {
    await back?.close()
    throw error
  }
}
