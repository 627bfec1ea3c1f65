// Which server a statement goes to.
import type { FootingError } from '@footing/kernel'
import type { Consistency, QueryScope } from '../contract/contract.ts'
import type { ConnectionPool } from './connection-pool.ts'

/** Chooses a server. Replicas come in here; callers say `consistency` and never learn which server it was. */
export interface Router {
  reader(consistency: Consistency, scope: QueryScope | undefined): ConnectionPool
  writer(): ConnectionPool
  /** Where a read that failed on `pool` may be sent once more; undefined when that would not help. */
  afterFailure(pool: ConnectionPool, error: FootingError): ConnectionPool | undefined
  /** True when the position of each write must be known, because there are replicas that may not have it yet. */
  readonly tracksWrites: boolean
}
