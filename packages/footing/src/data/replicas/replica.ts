// One replica as this process sees it: how far it has come, whether it answers, how many reads it has taken.
import { isFootingError } from '@footing/kernel'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import type { ReplicaCondition, ReplicaState } from '../contract/server-state.ts'
import { parseWalPosition } from '../contract/wal-position.ts'

/** A replica with the connections to it. */
export class Replica {
  readonly pool: ConnectionPool
  readonly #probe: ConnectionPool
  condition: ReplicaCondition = 'unreachable'
  /** How far it has replayed the log. It only grows while the server runs, so an old value is safe. */
  position = -1n
  lagMs: number | undefined
  reads = 0
  #reason: string | undefined = 'not asked yet'

  /** @param probe a pool of its own with one connection, so that a busy replica is not taken for a dead one */
  constructor(pool: ConnectionPool, probe: ConnectionPool) {
    this.pool = pool
    this.#probe = probe
  }

  get state(): ReplicaState {
    const { condition, lagMs, reads } = this
    const reason = condition === 'unreachable' ? this.#reason : undefined
    return { address: this.pool.address, condition, lagMs, reads, reason }
  }

  /** Asks it how far it is. @param lagOf turns a position into the age of the data there; all times in milliseconds */
  async ask(deadlineAt: number, maxLagMs: number, lagOf: (position: bigint, says: number) => number): Promise<void> {
    const scope = { deadlineAt }
    try {
      const { rows } = await this.#probe.use(scope, (session) =>
        session.execute(howFar, [], { module: 'footing', scope }),
      )
      const [answer]: { replica?: unknown; position?: unknown; age?: unknown }[] = rows
      const position = typeof answer?.position === 'string' ? parseWalPosition(answer.position) : undefined
      if (answer?.replica !== true || position === undefined) {
        this.condition = 'not-a-replica'
        return
      }
      this.position = position
      this.lagMs = lagOf(position, typeof answer.age === 'number' ? answer.age : Number.POSITIVE_INFINITY)
      this.condition = this.lagMs <= maxLagMs ? 'in-rotation' : 'lagging'
    } catch (error) {
      this.leave(isFootingError(error) ? error.code : String(error))
    }
  }

  /** Takes it out of rotation until it answers again. It may come back as another server, so what it had is forgotten. */
  leave(reason: string): void {
    this.condition = 'unreachable'
    this.position = -1n
    this.lagMs = undefined
    this.#reason = reason
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.close(), this.#probe.close()])
  }
}

// The age of the last commit that it has replayed is on its own clock and the primary's; it is believed only while this
// process does not know better.
const howFar = `select pg_is_in_recovery() as replica, pg_last_wal_replay_lsn()::text as position,
  (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::float8 as age`
