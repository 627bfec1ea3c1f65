// One transaction on one session: limits set for it alone, savepoints, commit that is checked, rollback that always ends it.
import type { Session } from '../connection/session.ts'
import { refuseSessionState } from '../connection/session-state.ts'
import type { QueryScope, Transaction, TransactionOptions } from '../contract/contract.ts'
import { transactionBrand } from '../contract/contract.ts'
import { dataError } from '../contract/errors.ts'
import { changedScope } from '../contract/query-scope.ts'
import type { ReadNotes } from '../contract/statement-hooks.ts'
import { savepointBegins, transactionBegins, transactionEnds } from '../contract/transaction-end.ts'
import { bindQueries, type Run } from '../query/bound-queries.ts'
import { setRole } from './run-as-module.ts'
import { commitWithPosition, forgetPosition } from './written-position.ts'

/** What a transaction is opened for. */
export interface TransactionContext {
  readonly module: string
  readonly schema: string
  readonly scope: QueryScope | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly defaultLockTimeoutMs: number
  /** Role whose rights the transaction has; undefined leaves those of the connecting user. */
  readonly role: string | undefined
  /** A statement that a hook puts in front of what the module writes. */
  readonly before?: string | undefined
  /** Collects what reads leave behind. */
  readonly reads?: ReadNotes | undefined
  /** Writes it at once, over another connection, when too much has come together. */
  readonly writeReads?: ((reads: ReadNotes) => Promise<void>) | undefined
  /** True when the position of the commit in the log must be remembered in the scope. */
  readonly tracksWrites: boolean
}

/** Runs `work` between begin and commit. What `work` throws is passed on after the rollback. */
export async function runTransaction<Tables, T>(
  session: Session,
  context: TransactionContext,
  options: TransactionOptions,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  const scope = narrowScope(context, options.timeoutMs)
  const statement = { module: context.module, scope }
  let begun = false
  // The first statement takes the beginning along: a round trip less, and a transaction that asks nothing costs nothing.
  const begin: Run = async (text, values) => {
    session.refuseHopeless(values, scope)
    begun = true
    const opening = openingOf(context, options, scope)
    if (values.length > 0 || !text.includes(';')) {
      return session.execute(text, values, statement, { prepared: true, opening })
    }
    // Several statements in one text can only be sent in a message of their own; nothing comes between the two.
    const opened = session.execute(opening.join('; '), [], statement)
    const [, result] = await Promise.all([opened, session.execute(text, values, statement, inTransaction)])
    return result
  }
  const send: Run = (text, values) =>
    begun ? session.execute(text, values, statement, preparedInTransaction) : begin(text, values)
  const sendWithoutState: Run = async (text, values) => {
    refuseSessionState(text, true)
    const result = await send(text, values)
    if (context.reads?.see(text, result) === true) await context.writeReads?.(context.reads)
    return result
  }
  const life = { over: false }
  const tx = transactionHandle<Tables>(context.schema, sendWithoutState, life)
  transactionBegins(tx)

  try {
    const result = await work(tx)
    life.over = true
    if (!begun) {
      transactionEnds(tx, 'committed')
      return result
    }
    // What reads leave is a part of the transaction where it may write, so that it cannot fail after its commit.
    if (options.readOnly !== true) await sendNotes(send, context)
    const command = await commit(session, { ...context, scope }, options)
    // PostgreSQL answers the commit of a failed transaction with ROLLBACK and no error.
    if (command === 'ROLLBACK') throw dataError('data-transaction-failed')
    transactionEnds(tx, 'committed')
    await sendNotes((text, values) => session.execute(text, values, statement), context)
    return result
  } catch (error) {
    life.over = true
    transactionEnds(tx, 'rolled-back')
    if (begun) await rollBack(session, context)
    // What was rolled back was seen all the same. Its scope may be over; the note is not the scope's business.
    const unbound: Run = (text, values) => session.execute(text, values, { module: context.module, scope: undefined })
    if (!session.broken) await sendNotes(unbound, context)
    throw error
  }
}

const inTransaction = { inTransaction: true }
const preparedInTransaction = { inTransaction: true, prepared: true }

async function sendNotes(send: Run, { reads }: TransactionContext): Promise<void> {
  const note = reads?.take()
  if (note !== undefined) await send(note.text, note.values)
}

/** What the server answered: `COMMIT`, or `ROLLBACK` for a transaction that had failed. */
async function commit(session: Session, context: TransactionContext, options: TransactionOptions): Promise<string> {
  const { module, scope, tracksWrites } = context
  const statement = { module, scope }
  if (!tracksWrites || options.readOnly === true || scope?.writes === undefined) {
    return (await session.execute('commit', [], statement, inTransaction)).command
  }
  try {
    return await commitWithPosition(session, statement)
  } catch (error) {
    forgetPosition(scope, error)
    throw error
  }
}

function narrowScope(context: TransactionContext, timeoutMs: number | undefined): QueryScope | undefined {
  if (timeoutMs === undefined) return context.scope
  const own = context.now() + timeoutMs
  return changedScope(context.scope, { deadlineAt: Math.min(own, context.scope?.deadlineAt ?? own) })
}

// SET LOCAL is the only kind of setting that a pooler cannot lose or leak.
function openingOf(
  { now, defaultLockTimeoutMs, role, before }: TransactionContext,
  options: TransactionOptions,
  scope: QueryScope | undefined,
): readonly string[] {
  const parts = ['begin']
  if (options.isolation !== undefined) parts[0] += ` isolation level ${isolationLevels[options.isolation]}`
  if (options.readOnly === true) parts[0] += ' read only'
  parts.push(`set local lock_timeout = ${milliseconds(options.lockTimeoutMs ?? defaultLockTimeoutMs)}`)
  if (before !== undefined) parts.push(before)
  if (role !== undefined) parts.push(setRole(role))
  if (scope?.deadlineAt !== undefined) {
    const remaining = milliseconds(scope.deadlineAt - now())
    parts.push(`set local statement_timeout = ${remaining}`)
    parts.push(`set local idle_in_transaction_session_timeout = ${remaining}`)
  }
  return parts
}

// A table, not the caller's own words: these go into the statement as they are.
const isolationLevels = {
  'read committed': 'read committed',
  'repeatable read': 'repeatable read',
  serializable: 'serializable',
} as const

// Zero would switch the limit off.
function milliseconds(value: number): number {
  return Math.max(1, Math.min(Math.ceil(value), 2 ** 31 - 1))
}

/** The handle of an open transaction whose statements go through `send`, until `life` is over. */
export function transactionHandle<Tables>(
  schema: string,
  send: Run,
  life: { readonly over: boolean },
): Transaction<Tables> {
  let savepoints = 0
  const guarded: Run = async (text, values) => {
    if (life.over) throw dataError('data-transaction-over')
    return send(text, values)
  }
  const savepoint = async <T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> => {
    savepoints += 1
    const name = `footing_${savepoints}`
    await guarded(`savepoint ${name}`, [])
    const undo = savepointBegins(handle)
    try {
      const result = await work(handle)
      await guarded(`release savepoint ${name}`, [])
      return result
    } catch (error) {
      undo()
      // When even this fails the transaction is lost, and the first error says more than the second.
      await guarded(`rollback to savepoint ${name}; release savepoint ${name}`, []).catch(() => undefined)
      throw error
    }
  }
  const own = {
    [transactionBrand]: true as const,
    savepoint,
    async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
      // The caller names the row type; plain SQL carries none.
      return (await guarded(text, values)).rows as Row[]
    },
  }
  // Kysely keeps its state in private fields, so its methods must run on itself and not on a copy.
  const handle: Transaction<Tables> = Object.assign(bindQueries<Tables>(schema, guarded), own)
  return handle
}

// The rollback must reach the server even when the caller's deadline has passed or its client is gone; but a server that
// does not answer must not keep the caller for ever.
async function rollBack(session: Session, { module, now }: TransactionContext): Promise<void> {
  if (session.broken) return
  const scope = { deadlineAt: now() + rollbackPatienceMs }
  await session.execute('rollback', [], { module, scope }).catch(() => undefined)
}

const rollbackPatienceMs = 2_000
