// Sends reads to replicas where the caller allows it and the data there are new enough; everything else goes to the primary.
import { type FootingError, isFootingError } from '@footing/kernel'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import type { Router } from '../connection/router.ts'
import type { Consistency, QueryScope } from '../contract/contract.ts'
import type { ReplicaState } from '../contract/server-state.ts'
import { parseWalPosition } from '../contract/wal-position.ts'
import { PrimaryHistory } from './primary-history.ts'
import type { Replica } from './replica.ts'

/** How the replicas are watched. */
export interface ReplicaRouterOptions {
  readonly primary: ConnectionPool
  /** One connection to the primary that asks for its position. */
  readonly primaryProbe: ConnectionPool
  readonly replicas: readonly Replica[]
  /** A replica whose data are older leaves rotation until it has caught up, in milliseconds. */
  readonly maxLagMs: number
  /** Milliseconds between two questions to each server. */
  readonly probeIntervalMs: number
  /** Longest wait for an answer to that question, in milliseconds. */
  readonly probeTimeoutMs: number
  /** Milliseconds since 1970, the clock of deadlines. */
  readonly now: () => number
}

/** Errors after which a replica is left alone until it answers again. */
const fatal: ReadonlySet<string> = new Set([
  'data-connection-lost',
  'data-connection-refused',
  'data-too-many-connections',
  'data-access-refused',
  'data-resources',
])

/**
 * Errors that the primary may not have: a replica refuses writes, cancels reads that are in the way of replay, and lacks
 * the table that a migration has just made.
 */
const elsewhere: ReadonlySet<string> = new Set([
  ...fatal,
  'data-query-failed',
  'data-pool-exhausted',
  'data-serialization-failure',
  'data-read-only',
])

/** A router over a primary and its replicas. */
export class ReplicaRouter implements Router {
  readonly tracksWrites = true
  readonly #options: ReplicaRouterOptions
  readonly #history: PrimaryHistory
  readonly #byPool: ReadonlyMap<ConnectionPool, Replica>
  #timer: NodeJS.Timeout | undefined
  #asking: Promise<void> | undefined
  #turn = 0

  constructor(options: ReplicaRouterOptions) {
    this.#options = options
    this.#history = new PrimaryHistory(options.maxLagMs * 2)
    this.#byPool = new Map(options.replicas.map((replica) => [replica.pool, replica]))
  }

  get states(): readonly ReplicaState[] {
    return this.#options.replicas.map(({ state }) => state)
  }

  writer(): ConnectionPool {
    return this.#options.primary
  }

  reader(consistency: Consistency, scope: QueryScope | undefined): ConnectionPool {
    const { primary, replicas } = this.#options
    this.wake()
    if (consistency === 'latest') return primary
    const written = consistency === 'own-writes' ? scope?.writes?.position : undefined
    // A position that cannot be read may be anything, so only the primary is sure to have it.
    const least = written === undefined ? 0n : parseWalPosition(written)
    if (least === undefined) return primary
    let best: Replica | undefined
    for (let offset = 0; offset < replicas.length; offset += 1) {
      const replica = replicas[(this.#turn + offset) % replicas.length]
      if (replica?.condition !== 'in-rotation' || replica.position < least) continue
      if (best === undefined || replica.pool.stats.waiting < best.pool.stats.waiting) best = replica
    }
    if (best === undefined) return primary
    this.#turn += 1
    best.reads += 1
    return best.pool
  }

  afterFailure(pool: ConnectionPool, error: FootingError): ConnectionPool | undefined {
    const replica = this.#byPool.get(pool)
    if (replica === undefined) return error.code === 'data-connection-lost' ? this.#options.primary : undefined
    if (fatal.has(error.code)) replica.leave(error.code)
    return elsewhere.has(error.code) ? this.#options.primary : undefined
  }

  /** Asks every server where it stands. Called by a timer once the first read has come. */
  ask(): Promise<void> {
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#asking
    const { primaryProbe, replicas } = this.#options
    await Promise.all([primaryProbe.close(), ...replicas.map((replica) => replica.close())])
  }

  /** Begins to ask, if that has not begun: the first read does it, or whoever prepares for it. Never waits. */
  wake(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => void this.ask(), this.#options.probeIntervalMs).unref()
    void this.ask()
  }

  async #askAll(): Promise<void> {
    const { replicas, maxLagMs, probeTimeoutMs, now } = this.#options
    const deadlineAt = now() + probeTimeoutMs
    await this.#askPrimary(deadlineAt)
    const lagOf = (position: bigint, says: number): number => this.#history.lagAt(position, performance.now(), says)
    await Promise.all(replicas.map((replica) => replica.ask(deadlineAt, maxLagMs, lagOf)))
  }

  // While the primary is away its position stands still, and its replicas go on answering.
  async #askPrimary(deadlineAt: number): Promise<void> {
    const scope = { deadlineAt }
    try {
      const { rows } = await this.#options.primaryProbe.use(scope, (session) =>
        session.execute('select pg_current_wal_insert_lsn()::text as position', [], { module: 'footing', scope }),
      )
      const [answer]: { position?: unknown }[] = rows
      const position = typeof answer?.position === 'string' ? parseWalPosition(answer.position) : undefined
      if (position !== undefined) this.#history.add(position, performance.now())
    } catch (error) {
      if (!isFootingError(error)) throw error
    }
  }
}
