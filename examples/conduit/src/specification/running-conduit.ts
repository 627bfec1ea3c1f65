// Conduit on a database of its own, for tests: real PostgreSQL behind PgBouncer, a free port, nothing left behind.
import type { App } from '@footing/core'
import type { MigrationSource } from '@footing/core/data'
import {
  type QueryCounter,
  startTestApp,
  type TestApp,
  type TestAppOptions,
  type TestDatabase,
} from '@footing/core/testing'
import { app } from '../app.ts'
import { type SpecificationClient, specificationClient } from './specification-client.ts'

/** Signs the tokens of test runs. */
export const testSecret = 'only for tests: thirty-two characters or more'

export interface RunningConduit {
  /** `http://127.0.0.1:<port>/api`. */
  readonly url: string
  readonly api: SpecificationClient
  /** Registers somebody new; the name is unique in this database. */
  newcomer(name?: string): Promise<Newcomer>
  /** Statements that the application sends. */
  readonly queries: QueryCounter
  /** Its database, past the application. */
  readonly database: TestDatabase
  readonly ports: TestApp<typeof app.options.modules>['app']['ports']
  stop(): Promise<void>
}

/** Somebody who has just registered. */
export interface Newcomer {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly token: string
}

/** Starts it, with another clock or more settings when a test needs them. */
export async function startConduit({ env, ...options }: TestAppOptions = {}): Promise<RunningConduit> {
  const running = await startTestApp(app, { ...options, env: { TOKEN_SECRET: testSecret, ...env } })
  const url = `${running.url}/api`
  const api = specificationClient(url)
  const { queries, database, stop } = running
  return { url, api, newcomer: newcomers(api), queries, database, ports: running.app.ports, stop }
}

/** The migrations of an application's modules, as the migrator takes them. */
export function migrationSources({ modules }: Pick<App, 'modules'>): MigrationSource[] {
  return modules.flatMap(({ name, needs, migrations }) =>
    migrations === undefined ? [] : [{ module: name, needs: needs.map((needed) => needed.name), folder: migrations }],
  )
}

/** Registers people one after the other: `reader-1`, `reader-2`, … */
export function newcomers(api: SpecificationClient): (name?: string) => Promise<Newcomer> {
  let count = 0
  return async (name = 'reader') => {
    count += 1
    const username = `${name}-${count}`
    const user = { username, email: `${username}@example.com`, password: 'correct horse battery' }
    const { data } = await api.call('CreateUser', { body: { user } })
    return { ...user, token: data.user.token }
  }
}
