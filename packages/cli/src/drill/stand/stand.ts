// What a drill stands on, all of it its own: PostgreSQL, PgBouncer where the machine has it, a line that can be cut, a folder.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { App } from '@footing/core'
import { type ChaosProxy, openChaosProxy } from '@footing/core/testing'
import {
  createMigrator,
  type DataSource,
  findPgBouncer,
  openDataSource,
  provisionDatabase,
  startEmbeddedPostgres,
  startPgBouncer,
} from '@footing/core/tooling'
import type { ApplicationPlace } from '../../application/application.ts'
import { migrationSources } from '../../application/migration-sources.ts'

/** A stand that runs. */
export interface Stand {
  /** What the application is given: over the line, through the pooler. */
  readonly databaseUrl: string
  /** The server itself, for the drill's own looks. */
  readonly directUrl: string
  /** `PostgreSQL 18.4`, `PgBouncer 1.24.1`. */
  readonly versions: readonly string[]
  readonly source: DataSource
  /** The line between the application and its database. */
  readonly line: Pick<ChaosProxy, 'cut' | 'delay' | 'accept'>
  /** Ends the server without any warning and starts it again. */
  restartDatabase(): Promise<void>
  /** Ends every connection that the server has, but ours. */
  terminateBackends(): Promise<number>
  /** Connections that the application has left open. */
  connectionsLeft(): Promise<number>
  takeDown(): Promise<void>
}

/** A folder that goes when it is released, and also when this process is killed. */
export interface Scratch {
  readonly folder: string
  release(): Promise<void>
}

/** Makes one. A shell holds a pipe of this process; when that ends, it waits for the server in the folder and deletes it. */
export function makeScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'footing-drill-'))
  const script =
    'read -r word; n=0; while test -e "$0/postgres/data/postmaster.pid" && test $n -lt 60; do sleep 0.5; n=$((n+1)); done; rm -rf "$0"'
  const guard = spawn('sh', ['-c', script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const gone = once(guard, 'exit').catch(() => undefined)
  guard.stdin.on('error', () => undefined)
  guard.unref()
  // The pipe of a child is a socket, which would keep this process alive.
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref()
  return {
    folder,
    async release() {
      guard.ref()
      guard.stdin.end()
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Starts the servers and brings the schema up.
 * @throws `embedded-binaries-missing`, `embedded-start-failed`, `migration-failed`, …
 */
export async function setUpStand(
  place: ApplicationPlace,
  app: App,
  scratch: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Stand> {
  const ends: (() => Promise<void>)[] = []
  const takeDown = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end().catch(() => undefined)
  }
  try {
    const postgres = {
      folder: join(scratch, 'postgres'),
      resolveFrom: [import.meta.url, place.entry],
      database: 'app',
    }
    const server = { now: await startEmbeddedPostgres(postgres) }
    ends.push(() => server.now.stop())
    const { url } = server.now
    await createMigrator({ url, sources: migrationSources(app) }).up()
    await provisionDatabase(url, app)
    const program = await findPgBouncer(env)
    const pooler =
      program === undefined
        ? undefined
        : await startPgBouncer({ program, serverUrl: url, folder: join(scratch, 'pgbouncer') })
    if (pooler !== undefined) ends.push(() => pooler.stop())
    const line = await openChaosProxy(pooler?.urlFor(url) ?? url)
    ends.push(() => line.close())
    const source = openDataSource({ url, poolSize: 2, connectTimeoutMs: 3000, applicationName: ours })
    ends.push(() => source.close())
    const [row] = await source
      .forModule('public')
      .query<{ version: string }>("select current_setting('server_version') as version")
    const others = `datname = current_database() and backend_type = 'client backend' and application_name <> '${ours}' and pid <> pg_backend_pid()`
    return {
      databaseUrl: line.url,
      directUrl: url,
      versions: [
        `PostgreSQL ${row?.version.split(' ')[0] ?? ''}`.trim(),
        ...(pooler === undefined ? [] : [`PgBouncer ${pooler.version}`]),
      ],
      source,
      line,
      async restartDatabase() {
        const [pid] = readFileSync(join(server.now.dataFolder, 'postmaster.pid'), 'utf8').split('\n')
        // SIGQUIT is its immediate stop: nothing is written out, and the next start recovers from the log.
        process.kill(Number(pid), 'SIGQUIT')
        await server.now.stop()
        await delay(200)
        server.now = await startEmbeddedPostgres(postgres)
      },
      async terminateBackends() {
        const rows = await source
          .forModule('public')
          .query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`)
        return rows.length
      },
      async connectionsLeft() {
        // The pooler keeps some for whoever comes next; those of the application are gone with it.
        await pooler?.stop()
        const count = async (): Promise<number> => {
          const [left] = await source
            .forModule('public')
            .query<{ n: number }>(`select count(*)::int as n from pg_stat_activity where ${others}`)
          return left?.n ?? 0
        }
        for (let turn = 0; turn < 20 && (await count()) > 0; turn += 1) await delay(100)
        return count()
      },
      takeDown,
    }
  } catch (error) {
    await takeDown()
    throw error
  }
}

const ours = 'footing drill'
