// One test in both placements: with the module in the test's process, and with it in another one.
import type { App } from '../app/create-app.ts'
import type { AnyImplementation } from '../module/implement.ts'
import { startTestApp, type TestApp, type TestAppOptions } from './start-test-app.ts'

/** What is run, and which modules leave the process in turn. */
export interface BothWaysOptions<Modules extends readonly AnyImplementation[]> extends Omit<TestAppOptions, 'place'> {
  readonly app: App<Modules>
  /** The file that exports `app` as app: `new URL('./app.ts', import.meta.url)`. The second process imports it. */
  readonly entry: string | URL
  /** Modules that leave; default all of them, one at a time. */
  readonly modules?: readonly Modules[number]['manifest']['name'][]
}

/**
 * Makes a function for a test of any runner. It runs `body` with everything in one process, and once for each module with
 * that module in another process; each time with a new application and a new database. An error says in which placement.
 */
export function bothWays<const Modules extends readonly AnyImplementation[]>(
  options: BothWaysOptions<Modules>,
  body: (running: TestApp<Modules>) => Promise<void>,
): () => Promise<void> {
  const { app, entry, modules, ...rest } = options
  return async () => {
    for (const module of [undefined, ...(modules ?? app.modules.map(({ name }) => name))]) {
      const running = await startTestApp(app, { ...rest, place: module === undefined ? null : { module, entry } })
      try {
        await body(running)
      } catch (error) {
        throw named(error, module)
      } finally {
        await running.stop()
      }
    }
  }
}

function named(error: unknown, module: string | undefined): unknown {
  if (error instanceof Error) {
    error.message += module === undefined ? ' (all modules in one process)' : ` (${module} in another process)`
  }
  return error
}
