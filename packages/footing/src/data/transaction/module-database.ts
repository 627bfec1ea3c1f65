// What a module gets as `db`: its statements, sent to the right server, on a connection of this process.

import { type FootingError, isFootingError } from '@footing/kernel'
import type pg from 'pg'
import type { AccessLog } from '../../records/access-log/access-log.ts'
import { ReadNotes } from '../../records/access-log/read-notes.ts'
import { recordReads } from '../../records/access-log/record-reads.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import type { Session, StatementContext } from '../connection/session.ts'
import { refuseSessionState } from '../connection/session-state.ts'
import type {
  Consistency,
  Database,
  QueryScope,
  ReadOptions,
  Transaction,
  TransactionOptions,
} from '../contract/contract.ts'
import { schemaOf } from '../contract/schema-name.ts'
import { bindQueries, type Run, type RunOptions } from '../query/bound-queries.ts'
import { refuseWrite } from '../query/read-only-statement.ts'
import { runTransaction } from './open-transaction.ts'
import { runAsModule } from './run-as-module.ts'
import { forgetPosition, rememberWrite } from './written-position.ts'

/** What the handles of all modules share. */
export interface DatabaseEnvironment {
  /** Which server answers a read, and which takes the writes. */
  readonly router: Router
  readonly scope: () => QueryScope | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly lockTimeoutMs: number
  /** Role whose rights the statements of a module have; undefined leaves those of the connecting user. */
  readonly roleOf?: ((module: string) => string | undefined) | undefined
  /** Tells the database who acts, and finds the reads that must be recorded; undefined when nothing is logged. */
  readonly accessLog?: AccessLog | undefined
  /** Waits before a transaction is tried again, in milliseconds. */
  readonly pause: (ms: number) => Promise<void>
  /** Between 0 and 1. */
  readonly random: () => number
}

/** Chooses a server. Replicas come in here; callers say `consistency` and never learn which server it was. */
export interface Router {
  reader(consistency: Consistency, scope: QueryScope | undefined): ConnectionPool
  writer(): ConnectionPool
  /** Where a read that failed on `pool` may be sent once more; undefined when that would not help. */
  afterFailure(pool: ConnectionPool, error: FootingError): ConnectionPool | undefined
  /** True when the position of each write must be known, because there are replicas that may not have it yet. */
  readonly tracksWrites: boolean
}

/** Makes the handle of one module. */
export function openModuleDatabase<Tables>(module: string, environment: DatabaseEnvironment): Database<Tables> {
  const { router, scope } = environment
  const schema = schemaOf(module)
  const { accessLog } = environment
  const context = () => ({ module, scope: scope() })
  // Recorded before the rows are given out: whoever cannot be recorded reads nothing.
  const recorded = (text: string, result: pg.QueryResult, statement: StatementContext) => {
    const records = accessLog?.readsOf(text, result) ?? []
    return records.length === 0 ? result : recordReads(router, statement, records).then(() => result)
  }
  const role = environment.roleOf?.(module)
  const execute = (
    session: Session,
    text: string,
    values: readonly unknown[],
    statement: StatementContext,
    options: RunOptions | undefined,
  ) =>
    role === undefined
      ? session.execute(text, values, statement, options)
      : runAsModule(session, role, { text, values, context: statement })

  const runRead =
    (consistency: Consistency): Run =>
    async (text, values, options) => {
      refuseSessionState(text, false)
      refuseWrite(text)
      const statement = context()
      const pool = router.reader(consistency, statement.scope)
      const send = (session: Session) => execute(session, text, values, statement, options)
      try {
        return await recorded(text, await pool.use(statement.scope, send), statement)
      } catch (error) {
        // A read changes nothing, so it may simply be sent again to a server that can answer it.
        const other = isFootingError(error) ? router.afterFailure(pool, error) : undefined
        if (other === undefined) throw error
        return recorded(text, await other.use(statement.scope, send), statement)
      }
    }
  const runWrite: Run = async (text, values, options) => {
    refuseSessionState(text, false)
    const statement = { ...context(), actor: accessLog?.actorFor(module, scope()) }
    const result = await router.writer().use(statement.scope, async (session) => {
      if (!router.tracksWrites) return execute(session, text, values, statement, options)
      try {
        const result = await execute(session, text, values, statement, options)
        await rememberWrite(session, statement)
        return result
      } catch (error) {
        forgetPosition(statement.scope, error)
        throw error
      }
    })
    return recorded(text, result, statement)
  }

  const writer = bindQueries<Tables>(schema, runWrite)
  const readers = {
    latest: bindQueries<Tables>(schema, runRead('latest')),
    'own-writes': bindQueries<Tables>(schema, runRead('own-writes')),
    any: bindQueries<Tables>(schema, runRead('any')),
  }

  return {
    schema,
    read: (options?: ReadOptions) => readers[options?.consistency ?? 'latest'],
    write: () => writer,
    async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
      // The caller names the row type; plain SQL carries none.
      return (await runWrite(text, values)).rows as Row[]
    },
    transaction: (work, options = {}) => transactionWithRetries(environment, { module, schema }, work, options),
  }
}

async function transactionWithRetries<Tables, T>(
  environment: DatabaseEnvironment,
  owner: { readonly module: string; readonly schema: string },
  work: (tx: Transaction<Tables>) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const { router, now, lockTimeoutMs, pause, random, accessLog } = environment
  const scope = environment.scope()
  const statement = { module: owner.module, scope }
  const role = environment.roleOf?.(owner.module)
  const context = {
    ...owner,
    scope,
    now,
    defaultLockTimeoutMs: lockTimeoutMs,
    role,
    tracksWrites: router.tracksWrites,
    actor: accessLog?.actorFor(owner.module, scope),
    reads: accessLog && new ReadNotes(accessLog, (records) => recordReads(router, statement, records)),
  }
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await router.writer().use(scope, (session) => runTransaction(session, context, options, work))
    } catch (error) {
      if (attempt >= (options.retries ?? 0) || !isConflict(error)) throw error
      // Two that met once meet again unless they wait for different times.
      await pause(Math.min(1000, 10 * 2 ** attempt) * (0.5 + random()))
    }
  }
}

function isConflict(error: unknown): boolean {
  return isFootingError(error) && repeatable.has(error.code)
}

/** After these the transaction has been rolled back as a whole, and its function may run again where that is safe. */
const repeatable: ReadonlySet<string> = new Set(['data-serialization-failure', 'data-deadlock', 'data-statement-stale'])
