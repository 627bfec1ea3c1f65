// Starts a whole application for a test: its own migrated database behind PgBouncer, a free port, a count of its queries.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Clock, ManualClock } from '@footing/kernel'
import type { App, RunningApp } from '../app/create-app.ts'
import { provisionDatabase } from '../app/provision-database.ts'
import type { MigrationSource } from '../data/contract/contract.ts'
import { dropModuleRoles, provisionModuleRoles } from '../data/ownership/module-roles.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { AnyImplementation } from '../module/implement.ts'
import { requirePersonalData } from '../records/personal-data/check-personal-data.ts'
import { type ModulePlace, type PlacedModule, placeModule } from './both-ways/place-module.ts'
import { rehearsalPlan } from './both-ways/rehearsal-notes.ts'
import { openTestData } from './counted-data/open-test-data.ts'
import { type QueryCounter, queryCounter } from './counted-data/query-counter.ts'
import { createTestDatabase, existingDatabase, type TestDatabase } from './test-database.ts'

/** How the application is started. */
export interface TestAppOptions {
  /** Settings that have no default. Nothing else of the environment reaches the application. */
  readonly env?: Readonly<Record<string, string>>
  /** A manual clock makes deadlines pass when the test says so. */
  readonly clock?: Clock
  /** False leaves PgBouncer out. Default true. */
  readonly pooled?: boolean
  /** A database with all migrations that is there already and is not dropped: for tests that stop the server. */
  readonly databaseUrl?: string
  /** Replicas of the database, for reads that allow them. */
  readonly replicaUrls?: readonly string[]
  /**
   * Gives each module only the rights of its manifest: what touches another module's tables without a declared read fails.
   * Default true.
   */
  readonly ownership?: boolean
  /** Most database connections. Default 4. */
  readonly poolSize?: number
  /**
   * Puts one module into a process of its own; `null` puts none. Default what FOOTING_PLACE and FOOTING_PLACE_APP say, a
   * module and the file that exports the application, so that a whole suite runs in another placement.
   */
  readonly place?: ModulePlace | null
}

/** An application under test. */
export interface TestApp<Modules extends readonly AnyImplementation[]> {
  readonly app: RunningApp<Modules>
  /** `http://127.0.0.1:…` */
  readonly url: string
  readonly database: TestDatabase
  /** Every statement, by the route that sent it. */
  readonly queries: QueryCounter
  /** Stops the application and drops the database. Safe to call twice. */
  stop(): Promise<void>
}

/** Starts `app` with nothing shared with any other test. */
export async function startTestApp<Modules extends readonly AnyImplementation[]>(
  app: App<Modules>,
  options: TestAppOptions = {},
): Promise<TestApp<Modules>> {
  const database =
    options.databaseUrl === undefined
      ? await createTestDatabase({ migrations: sourcesOf(app.modules), pooled: options.pooled ?? true })
      : existingDatabase(options.databaseUrl)
  await provisionDatabase(database.directUrl, app)
  await requirePersonalData(database.directUrl, app.modules).catch(async (error: unknown) => {
    await database.drop()
    throw error
  })
  const ownership = options.ownership !== false
  const owned = ownership ? app.modules : []
  await provisionModuleRoles(
    database.directUrl,
    owned,
    app.capabilities.flatMap(({ schema }) => schema ?? []),
  )
  const queries = queryCounter()
  const { url, directUrl } = database
  const { poolSize = 4, replicaUrls = [] } = options
  const place = { url, directUrl, poolSize, replicaUrls, ownership }
  const data = openTestData(place, app.modules, queries, options.clock)
  // Objects of a test are shared with no other test, and gone after it.
  const objects = await mkdtemp(join(tmpdir(), 'footing-test-objects-'))
  const env = { STORAGE_URL: pathToFileURL(objects).href, ...options.env }
  const elsewhere = options.place === undefined ? placeFromEnvironment(app, process.env) : options.place
  let stopping: Promise<void> | undefined
  let placed: PlacedModule | undefined
  const release = async (): Promise<void> => {
    await placed?.close()
    await data.close()
    await rm(objects, { recursive: true, force: true })
    await dropModuleRoles(database.directUrl, owned)
    await database.drop()
  }
  try {
    if (elsewhere) {
      const clock = options.clock !== undefined && isManual(options.clock) ? options.clock : undefined
      placed = await placeModule(elsewhere, app, env, place, clock, queries)
    }
    // What is handed over open is not opened by the application: the hooks of its records learn the database here.
    await data.ping()
    const running = await app.start({
      // No proxy looks at the readiness of a test, so nothing is gained by leaving it time to.
      env: { DRAIN_DELAY_MS: '0', ...env, ...placed?.env },
      profile: 'test',
      host: '127.0.0.1',
      port: 0,
      opened: { data },
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(placed?.disturbance === undefined ? {} : { disturbance: placed.disturbance }),
    })
    placed?.meet(running.port)
    return {
      app: running,
      url: running.url ?? '',
      database,
      queries,
      stop: () => {
        stopping ??= settle(running.stop(), options.clock).then(release)
        return stopping
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}

// Stopping waits on the clock too, and nobody moves a manual one any more.
async function settle(stopped: Promise<void>, clock: Clock | undefined): Promise<void> {
  if (clock !== undefined && isManual(clock)) await clock.advance(0)
  await stopped
}

/** The same for every test of a run: tests with an application of their own, of other modules, stay in one process. */
function placeFromEnvironment(
  { modules }: Pick<App, 'modules'>,
  env: Readonly<Record<string, string | undefined>>,
): ModulePlace | undefined {
  const { FOOTING_PLACE: module, FOOTING_PLACE_APP: entry } = env
  if (!module || !entry || !modules.some(({ name }) => name === module)) return undefined
  const rehearsal = rehearsalPlan(env.FOOTING_REHEARSAL)
  const place = { module, entry: entry.startsWith('file:') ? entry : pathToFileURL(entry).href }
  return rehearsal === undefined ? place : { ...place, rehearsal }
}

function isManual(clock: Clock): clock is ManualClock {
  return 'advance' in clock
}

function sourcesOf(modules: readonly AnyManifest[]): readonly MigrationSource[] {
  return modules.flatMap(({ name, needs, migrations }) =>
    migrations === undefined ? [] : [{ module: name, needs: needs.map((need) => need.name), folder: migrations }],
  )
}
