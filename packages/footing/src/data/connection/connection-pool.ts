// The connections of this process to one server: a bounded number, a bounded wait, and a coded error for each way to fail.

import { type FootingError, isFootingError } from '@footing/kernel'
import pg from 'pg'
import { Semaphore } from '../../work/semaphore.ts'
import type { PoolStats, QueryScope } from '../contract/contract.ts'
import { dataError } from '../contract/errors.ts'
import type { StatementHooks } from '../contract/statement-hooks.ts'
import { requestCancel } from './cancel-request.ts'
import { OpenConnections } from './open-connections.ts'
import { translateServerError } from './server-error.ts'
import { Session, type SessionEnvironment } from './session.ts'
import { StatementNames } from './statement-names.ts'
import { StatementWatch } from './statement-watch.ts'

/** How one pool is set up. */
export interface ConnectionPoolOptions {
  /** `postgres://user:password@host:port/database`, of PostgreSQL or of PgBouncer. */
  readonly url: string
  /** Most connections at once. */
  readonly size: number
  /** Longest wait for a free connection, in milliseconds. */
  readonly acquireTimeoutMs: number
  /** Longest time to open a new connection, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Idle connections are closed after this time, in milliseconds. */
  readonly idleTimeoutMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** Gives each caller another connection without any state, as a pooler in transaction mode does. */
  readonly rehearsal?: boolean
  /** Most statements that one connection keeps prepared; 0 for none. */
  readonly preparedStatements: number
  /** Knows states that others' triggers raise. */
  readonly explain?: StatementHooks['explainFault']
}

/** A pool of sessions. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #connections: OpenConnections
  readonly #line: Semaphore
  readonly #watch: StatementWatch
  readonly #environment: SessionEnvironment
  #closing: Promise<void> | undefined

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    const target = parseUrl(options.url)
    this.#line = new Semaphore(options.size)
    this.#watch = new StatementWatch(options.now)
    // No startup parameter beyond application_name: PgBouncer refuses the connection for any other.
    const config = {
      connectionString: options.url,
      connectionTimeoutMillis: options.connectTimeoutMs,
      application_name: options.applicationName,
      keepAlive: true,
    }
    const { idleTimeoutMs, size, rehearsal = false } = options
    this.#connections = new OpenConnections({ config, idleTimeoutMs, size, rehearsal })
    this.#environment = {
      address: `${target.host}:${target.port}/${target.database}`,
      now: options.now,
      cancel: (client) => requestCancel(target, client),
      watch: this.#watch,
      explain: options.explain,
      names: new StatementNames({
        // The rehearsal empties each connection after use, names and all.
        most: rehearsal ? 0 : options.preparedStatements,
        use: (work) => this.use({ deadlineAt: options.now() + options.acquireTimeoutMs }, work),
        elapsed: () => performance.now(),
      }),
    }
  }

  get address(): string {
    return this.#environment.address
  }

  get stats(): PoolStats {
    return {
      size: this.#options.size,
      open: this.#connections.open,
      idle: this.#connections.idle,
      waiting: this.#line.waiting,
    }
  }

  /** Whether prepared statements keep their names on the way to the server; undefined until one was sent. */
  get keepsNames(): boolean | undefined {
    return this.#environment.names.kept
  }

  /**
   * Borrows a connection for the time of `work`. A connection that broke is thrown away.
   * @throws `data-pool-exhausted`, `data-connection-refused`, `data-too-many-connections`, `data-access-refused`,
   * `data-closed`, `data-cancelled`, and what `work` throws
   */
  async use<T>(scope: QueryScope | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    const turnedAway = this.#enter(scope)
    if (turnedAway !== undefined) await turnedAway
    const free = this.#connections.take()
    const client = free instanceof pg.Client ? free : await this.#connected(free, scope)
    try {
      const session = new Session(client, this.#environment)
      try {
        return await work(session)
      } finally {
        const resetting = this.#connections.giveBack(client, session.broken)
        if (resetting !== undefined) await resetting
      }
    } finally {
      this.#line.leave()
    }
  }

  /** Waits for the statements under way, then closes every connection. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#line.close().then(() => {
      this.#watch.close()
      return this.#connections.close()
    })
    return this.#closing
  }

  #enter(scope: QueryScope | undefined): Promise<void> | undefined {
    if (this.#line.enterAtOnce()) return undefined
    const { acquireTimeoutMs, now, size } = this.#options
    const remainingMs = scope?.deadlineAt === undefined ? Number.POSITIVE_INFINITY : scope.deadlineAt - now()
    const timeoutMs = Math.min(acquireTimeoutMs, remainingMs)
    return this.#line.enter({ timeoutMs, signal: scope?.signal })?.then((turned) => {
      if (turned === undefined) return
      if (turned === 'closed') throw dataError('data-closed')
      if (turned === 'aborted') throw dataError('data-cancelled')
      throw dataError('data-pool-exhausted', { waitedMs: Math.round(timeoutMs), size, waiting: this.#line.waiting })
    })
  }

  // Leaves the line when it throws.
  async #connected(connecting: Promise<pg.Client>, scope: QueryScope | undefined): Promise<pg.Client> {
    const patience = waitFor(scope, this.#options.now)
    try {
      const first = await Promise.race([connecting, patience.over])
      if (first instanceof pg.Client) return first
      // It is opened all the same, in its place in the line, and serves whoever comes next.
      connecting
        .then((client) => this.#connections.giveBack(client, false))
        .catch(() => undefined)
        .finally(() => this.#line.leave())
      throw first
    } catch (error) {
      if (isFootingError(error)) throw error
      this.#line.leave()
      throw translateServerError(error, { module: 'data', address: this.address, connecting: true })
    } finally {
      patience.end()
    }
  }
}

/** Resolves with the error for a caller whose deadline has passed or who has left; never otherwise. */
function waitFor(scope: QueryScope | undefined, now: () => number): { over: Promise<FootingError>; end(): void } {
  const { promise: over, resolve } = Promise.withResolvers<FootingError>()
  const { deadlineAt = Number.POSITIVE_INFINITY, signal } = scope ?? {}
  let timer: NodeJS.Timeout | undefined
  // The deadline is on the application's clock, which may go slower than timers do.
  const look = (): void => {
    const remainingMs = deadlineAt - now()
    if (remainingMs <= 0) resolve(dataError('data-timeout', { reason: 'the deadline passed while it connected' }))
    else if (remainingMs < longestTimer) timer = setTimeout(look, remainingMs)
  }
  const left = (): void => resolve(dataError('data-cancelled'))
  look()
  if (signal?.aborted === true) left()
  signal?.addEventListener('abort', left, { once: true })
  return {
    over,
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', left)
    },
  }
}

const longestTimer = 2 ** 31 - 1

function parseUrl(url: string): { host: string; port: number; database: string } {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error('it does not begin with postgres://')
    const { host, port, database } = new pg.Client({ connectionString: url })
    return { host, port, database: database ?? '' }
  } catch (error) {
    throw dataError('data-url-invalid', { reason: error instanceof Error ? error.message : String(error) })
  }
}
