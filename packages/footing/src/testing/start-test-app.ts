// Starts a whole application for a test: its own migrated database behind PgBouncer, a free port, a count of its queries.
import type { Clock, ManualClock } from '@footing/kernel'
import type { App, RunningApp } from '../app/create-app.ts'
import { databaseScope } from '../app/database-scope.ts'
import { AccessLog } from '../data/access-log/access-log.ts'
import type { MigrationSource } from '../data/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { databaseOf, dropModuleRoles, moduleRole, provisionModuleRoles } from '../data/ownership/module-roles.ts'
import { provisionDatabase } from '../data/provision-database.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { AnyImplementation } from '../module/implement.ts'
import { type QueryCounter, queryCounter } from './query-counter.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

/** How the application is started. */
export interface TestAppOptions {
  /** Settings that have no default. Nothing else of the environment reaches the application. */
  readonly env?: Readonly<Record<string, string>>
  /** A manual clock makes deadlines pass when the test says so. */
  readonly clock?: Clock
  /** False leaves PgBouncer out. Default true. */
  readonly pooled?: boolean
  /** Replicas of the database, for reads that allow them. */
  readonly replicaUrls?: readonly string[]
  /**
   * Gives each module only the rights of its manifest: what touches another module's tables without a declared read fails.
   * Default true.
   */
  readonly ownership?: boolean
  /** Most database connections. Default 4. */
  readonly poolSize?: number
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
  const database = await createTestDatabase({ migrations: sourcesOf(app.modules), pooled: options.pooled ?? true })
  await provisionDatabase(database.directUrl, app.modules)
  const owned = options.ownership === false ? [] : app.modules
  await provisionModuleRoles(database.directUrl, owned)
  const queries = queryCounter()
  const data = openDataSource({
    url: database.url,
    poolSize: options.poolSize ?? 4,
    replicaUrls: options.replicaUrls ?? [],
    ...(owned.length === 0 ? {} : { roleOf: (module) => moduleRole(databaseOf(database.directUrl), module) }),
    accessLog: new AccessLog(app.modules),
    scope: () => queries.observe(databaseScope()),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  let stopping: Promise<void> | undefined
  const release = async (): Promise<void> => {
    await data.close()
    await dropModuleRoles(database.directUrl, owned)
    await database.drop()
  }
  try {
    const running = await app.start({
      // No proxy looks at the readiness of a test, so nothing is gained by leaving it time to.
      env: { DRAIN_DELAY_MS: '0', ...options.env },
      profile: 'test',
      host: '127.0.0.1',
      port: 0,
      database: data,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    })
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

function isManual(clock: Clock): clock is ManualClock {
  return 'advance' in clock
}

function sourcesOf(modules: readonly AnyManifest[]): readonly MigrationSource[] {
  return modules.flatMap(({ name, needs, migrations }) =>
    migrations === undefined ? [] : [{ module: name, needs: needs.map((need) => need.name), folder: migrations }],
  )
}
