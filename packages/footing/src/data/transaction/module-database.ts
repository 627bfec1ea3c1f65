// What a module gets as `db`: its statements, sent to the right server, on a connection of this process.

import { isFootingError } from '@footing/kernel'
import type pg from 'pg'
import type { Router } from '../connection/router.ts'
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
import { changedScope } from '../contract/query-scope.ts'
import { schemaOf } from '../contract/schema-name.ts'
import type { ReadNotes, StatementHooks } from '../contract/statement-hooks.ts'
import { bindQueries, type Run } from '../query/bound-queries.ts'
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
  readonly hooks: StatementHooks
  /** Waits before a transaction is tried again, in milliseconds. */
  readonly pause: (ms: number) => Promise<void>
  /** Between 0 and 1. */
  readonly random: () => number
}

/** Makes the handle of one module. */
export function openModuleDatabase<Tables>(module: string, environment: DatabaseEnvironment): Database<Tables> {
  const { router, scope } = environment
  const schema = schemaOf(module)
  const { hooks } = environment
  const context = () => ({ module, scope: scope() })
  // Noted before the rows are given out: a read that cannot be noted shows nothing.
  const noted = (text: string, result: pg.QueryResult, statement: StatementContext) => {
    const notes = hooks.noteReads?.(statement.scope)
    if (notes === undefined) return result
    notes.see(text, result)
    return writeNotes(router, statement, notes)?.then(() => result) ?? result
  }
  const role = environment.roleOf?.(module)
  const execute = (session: Session, text: string, values: readonly unknown[], statement: StatementContext) =>
    role === undefined
      ? session.execute(text, values, statement, ofApplication)
      : runAsModule(session, role, { text, values, context: statement })

  const runRead =
    (consistency: Consistency): Run =>
    async (text, values) => {
      refuseSessionState(text, false)
      refuseWrite(text)
      const statement = context()
      const pool = router.reader(consistency, statement.scope)
      const send = (session: Session) => execute(session, text, values, statement)
      try {
        return await noted(text, await pool.use(statement.scope, send), statement)
      } catch (error) {
        // A read changes nothing, so it may simply be sent again to a server that can answer it.
        const other = isFootingError(error) ? router.afterFailure(pool, error) : undefined
        if (other === undefined) throw error
        return noted(text, await other.use(statement.scope, send), statement)
      }
    }
  const runWrite: Run = async (text, values) => {
    refuseSessionState(text, false)
    const statement = writing(module, scope(), hooks)
    const result = await router.writer().use(statement.scope, async (session) => {
      if (!router.tracksWrites) return execute(session, text, values, statement)
      try {
        const result = await execute(session, text, values, statement)
        await rememberWrite(session, statement)
        return result
      } catch (error) {
        forgetPosition(statement.scope, error)
        throw error
      }
    })
    return noted(text, result, statement)
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

function writing(module: string, scope: QueryScope | undefined, hooks: StatementHooks): StatementContext {
  return { module, scope, before: hooks.beforeWrite?.(module, scope) }
}

// Over the primary: a replica that gave the rows cannot take the notes. Undefined when there is nothing to write.
function writeNotes(router: Router, { module, scope }: StatementContext, notes: ReadNotes): Promise<void> | undefined {
  const note = notes.take()
  if (note === undefined) return undefined
  // The statement is not the caller's, so nobody counts it.
  const uncounted = changedScope(scope, { onQuery: undefined })
  const send = (session: Session) => session.execute(note.text, note.values, { module, scope: uncounted })
  return router
    .writer()
    .use(uncounted, send)
    .then(() => undefined)
}

const ofApplication = { prepared: true }

async function transactionWithRetries<Tables, T>(
  environment: DatabaseEnvironment,
  owner: { readonly module: string; readonly schema: string },
  work: (tx: Transaction<Tables>) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const { router, now, lockTimeoutMs, pause, random, hooks } = environment
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
    before: hooks.beforeWrite?.(owner.module, scope),
    reads: hooks.noteReads?.(scope),
    writeReads: async (reads: ReadNotes) => writeNotes(router, statement, reads),
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
