// Opens the database connections of one process.
import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionPool } from './connection/connection-pool.ts'
import { poolSizing, readServerLimits } from './connection/pool-sizing.ts'
import type { Router } from './connection/router.ts'
import type { DataSource, QueryScope } from './contract/contract.ts'
import type { StatementHooks } from './contract/statement-hooks.ts'
import { Replica } from './replicas/replica.ts'
import { ReplicaRouter } from './replicas/replica-router.ts'
import { openModuleDatabase } from './transaction/module-database.ts'

/** How a data source is opened. Only `url` has no default. */
export interface DataSourceOptions {
  /** Of PgBouncer in transaction mode, or of PostgreSQL itself. */
  readonly url: string
  /** Streaming replicas of it, each with a pool of the same size. Reads go there where their consistency allows it. */
  readonly replicaUrls?: readonly string[]
  /** A replica whose data are older than this many milliseconds takes no reads until it has caught up. Default 10 000. */
  readonly maxReplicaLagMs?: number
  /** Milliseconds between two questions to each server how far it is. Default 100. */
  readonly replicaProbeMs?: number
  /** Most connections of this process. Default 10: through PgBouncer more rarely helps, without it more soon hurts. */
  readonly poolSize?: number
  /** Longest wait for a free connection in milliseconds. Default 5000; a nearer deadline wins. */
  readonly acquireTimeoutMs?: number
  /** Longest time to open a connection in milliseconds. Default 5000. */
  readonly connectTimeoutMs?: number
  /** Idle connections are closed after this many milliseconds. Default 30 000. */
  readonly idleTimeoutMs?: number
  /** Longest wait for one lock inside a transaction in milliseconds. Default 5000. */
  readonly lockTimeoutMs?: number
  /** What surrounds the current call; read for each statement. */
  readonly scope?: () => QueryScope | undefined
  /** Clock that deadlines are measured on. */
  readonly clock?: { now(): number }
  /**
   * Role whose rights the statements of each module have (see ownership/module-roles.ts): on in tests, where a module
   * that touches another one's tables fails. Left out, every module has the rights of the connecting user.
   */
  readonly roleOf?: ((module: string) => string | undefined) | undefined
  /**
   * Rehearses a pooler where there is none: each statement or transaction gets another connection, emptied of whatever
   * the last one left. Code that relies on a session then fails in development and not behind PgBouncer. Default false.
   */
  readonly rehearsal?: boolean
  /** What records and others add to statements; `ping` must have resolved once before the first statement when one has `prepare`. */
  readonly hooks?: StatementHooks | undefined
  /**
   * Most statements that one connection keeps prepared under a name, those used last, where the way to the server keeps
   * names: that is found out by asking. A text gets its name when it comes again. 0 sends every statement without. Default 100.
   */
  readonly preparedStatements?: number
  /** Shown in pg_stat_activity. Default `footing`. */
  readonly applicationName?: string
}

/**
 * Opens a data source. No connection is made before the first statement, so this never waits.
 * @throws `data-url-invalid`
 */
export function openDataSource(options: DataSourceOptions): DataSource {
  const now = options.clock === undefined ? Date.now : () => options.clock?.now() ?? Date.now()
  const { hooks = {} } = options
  const openPool = (url: string, size: number): ConnectionPool =>
    new ConnectionPool({
      url,
      size,
      acquireTimeoutMs: options.acquireTimeoutMs ?? 5000,
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
      applicationName: options.applicationName ?? 'footing',
      rehearsal: options.rehearsal ?? false,
      preparedStatements: options.preparedStatements ?? 100,
      explain: hooks.explainFault?.bind(hooks),
      now,
    })
  const primary = openPool(options.url, options.poolSize ?? 10)
  const replicas = openReplicas(options, primary, openPool, now)
  const router: Router = replicas ?? primaryOnly(primary)
  const environment = {
    router,
    now,
    scope: options.scope ?? (() => undefined),
    lockTimeoutMs: options.lockTimeoutMs ?? 5000,
    roleOf: options.roleOf,
    hooks,
    pause: (ms: number) => delay(ms),
    random: Math.random,
  }
  return {
    forModule: (module) => openModuleDatabase(module, environment),
    async ping() {
      // Asked along, so that the first reads find replicas that are known.
      replicas?.wake()
      const scope = { deadlineAt: now() + (options.connectTimeoutMs ?? 5000) }
      await primary.use(scope, async (session) => {
        await session.execute('select 1', [], { module: 'footing', scope })
        await hooks.prepare?.((text, values) => session.execute(text, values, { module: 'footing', scope }))
      })
    },
    async sizing(processes) {
      const scope = { deadlineAt: now() + (options.connectTimeoutMs ?? 5000) }
      const limits = await primary.use(scope, (session) => readServerLimits(session, scope))
      return poolSizing({ processes, poolSize: primary.stats.size }, limits)
    },
    get stats() {
      return primary.stats
    },
    get keepsPreparedStatements() {
      return primary.keepsNames
    },
    get replicas() {
      return replicas?.states ?? []
    },
    async close() {
      await Promise.all([primary.close(), replicas?.close()])
    },
  }
}

function primaryOnly(primary: ConnectionPool): Router {
  return {
    tracksWrites: false,
    reader: () => primary,
    writer: () => primary,
    afterFailure: (_pool, error) => (error.code === 'data-connection-lost' ? primary : undefined),
  }
}

function openReplicas(
  options: DataSourceOptions,
  primary: ConnectionPool,
  openPool: (url: string, size: number) => ConnectionPool,
  now: () => number,
): ReplicaRouter | undefined {
  const urls = options.replicaUrls ?? []
  if (urls.length === 0) return undefined
  const probeIntervalMs = options.replicaProbeMs ?? 100
  return new ReplicaRouter({
    primary,
    primaryProbe: openPool(options.url, 1),
    replicas: urls.map((url) => new Replica(openPool(url, options.poolSize ?? 10), openPool(url, 1))),
    maxLagMs: options.maxReplicaLagMs ?? 10_000,
    probeIntervalMs,
    probeTimeoutMs: Math.max(1000, 2 * probeIntervalMs),
    now,
  })
}
