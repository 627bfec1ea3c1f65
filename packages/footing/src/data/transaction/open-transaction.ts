// One transaction on one session: limits set for it alone, savepoints, commit that is checked, rollback that always ends it.

import { noteReads } from '../../records/access-log/access-log.ts'
import { actorText, setActor } from '../../records/access-log/actor.ts'
import type { ReadNotes } from '../../records/access-log/read-notes.ts'
import type { Session } from '../connection/session.ts'
import { refuseSessionState } from '../connection/session-state.ts'
import type { QueryScope, Transaction, TransactionOptions } from '../contract/contract.ts'
import { transactionBrand } from '../contract/contract.ts'
import { dataError } from '../contract/errors.ts'
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
  /** Who acts, when the module has tables whose access is logged. */
  readonly actor?: string | undefined
  /** Collects the reads that have to be recorded. */
  readonly reads?: ReadNotes | undefined
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
  const begin: Run = async (text, values, sending) => {
    session.refuseHopeless(values, scope)
    begun = true
    const opening = openingOf(context, options, scope)
    if (values.length > 0 || !text.includes(';')) {
      return session.execute(text, values, statement, { prepared: sending?.prepared, opening })
    }
    // Several statements in one text can only be sent in a message of their own; nothing comes between the two.
    const opened = session.execute(opening.join('; '), [], statement)
    const [, result] = await Promise.all([opened, session.execute(text, values, statement, inTransaction)])
    return result
  }
  const send: Run = (text, values, sending) => {
    if (!begun) return begin(text, values, sending)
    const how = sending?.prepared === true ? preparedInTransaction : inTransaction
    return session.execute(text, values, statement, how)
  }
  const sendWithoutState: Run = async (text, values, sending) => {
    refuseSessionState(text, true)
    const result = await send(text, values, sending)
    await context.reads?.add(text, result)
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
    // Recorded reads are a part of the transaction where it may write, so that they cannot fail after its commit.
    if (options.readOnly !== true) await writeReads(send, context)
    const command = await commit(session, { ...context, scope }, options)
    // PostgreSQL answers the commit of a failed transaction with ROLLBACK and no error.
    if (command === 'ROLLBACK') throw dataError('data-transaction-failed')
    transactionEnds(tx, 'committed')
    await writeReads((text, values) => session.execute(text, values, statement), context)
    return result
  } catch (error) {
    life.over = true
    transactionEnds(tx, 'rolled-back')
    if (begun) await rollBack(session, context)
    // What was rolled back was seen all the same. Its scope may be over; the entry is not the scope's business.
    const unbound: Run = (text, values) => session.execute(text, values, { module: context.module, scope: undefined })
    if (!session.broken) await writeReads(unbound, context)
    throw error
  }
}

const inTransaction = { inTransaction: true }
const preparedInTransaction = { inTransaction: true, prepared: true }

// A transaction that reads very many records has written most of them already, see ReadNotes.
async function writeReads(send: Run, { scope, reads }: TransactionContext): Promise<void> {
  const records = reads?.take() ?? []
  if (records.length > 0) await send(noteReads, [actorText(scope?.actor?.() ?? {}), JSON.stringify(records)])
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
  return { ...context.scope, deadlineAt: Math.min(own, context.scope?.deadlineAt ?? own) }
}

// SET LOCAL is the only kind of setting that a pooler cannot lose or leak.
function openingOf(
  { now, defaultLockTimeoutMs, role, actor }: TransactionContext,
  options: TransactionOptions,
  scope: QueryScope | undefined,
): readonly string[] {
  const parts = ['begin']
  if (options.isolation !== undefined) parts[0] += ` isolation level ${isolationLevels[options.isolation]}`
  if (options.readOnly === true) parts[0] += ' read only'
  parts.push(`set local lock_timeout = ${milliseconds(options.lockTimeoutMs ?? defaultLockTimeoutMs)}`)
  if (actor !== undefined) parts.push(setActor(actor))
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
  const guarded: Run = async (text, values, sending) => {
    if (life.over) throw dataError('data-transaction-over')
    return send(text, values, sending)
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
