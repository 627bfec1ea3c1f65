// Lets pg-boss send its statements over the connections of the application: through a pooler, or in a module's transaction.
import { type FootingError, isFootingError } from '@footing/kernel'
import type { Db } from 'pg-boss'
import type { Database, Transaction } from '../../data/contract/contract.ts'
import type { AnyTransaction } from '../../data/contract/transaction-end.ts'

/**
 * In front of statements about the table of jobs: they go unprepared. A plan that was made while the table was empty would be
 * kept for the life of a connection, and the table is empty whenever all is well.
 */
export const planned = '/* planned each time */ '

/** Sends statements on connections of the pool; several in one text become one transaction. */
export function executorOn(database: Database<unknown>): Db {
  return {
    async executeSql(text, values = []) {
      const statements = values.length === 0 ? splitStatements(text) : [text]
      const [only = text] = statements
      return translated(async () =>
        statements.length > 1
          ? database.transaction(async (tx) => runAll(tx, statements))
          : database.query<object>(planned + only, values),
      )
    },
  }
}

/** Sends statements in a transaction that somebody else begins and ends. */
export function executorIn(given: AnyTransaction): Db {
  // The brand is on nothing else than a transaction of the data capability.
  const tx = given as Transaction<unknown>
  return {
    async executeSql(text, values = []) {
      if (values.length > 0) return translated(() => tx.query<object>(planned + text, values))
      return translated(() => runAll(tx, splitStatements(text)))
    },
  }
}

/** The coded error for one that came out of pg-boss, which reads the states of PostgreSQL. */
export function codedAgain(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error
  const coded = codedErrors.get(error)
  if (coded !== undefined) return coded
  return 'cause' in error && error.cause !== undefined ? codedAgain(error.cause) : error
}

const codedErrors = new WeakMap<object, FootingError>()

async function translated(send: () => Promise<readonly object[]>): Promise<{ rows: object[] }> {
  try {
    return { rows: [...(await send())] }
  } catch (error) {
    const state = isFootingError(error) ? error.cause : undefined
    if (!isFootingError(error) || !(state instanceof Error) || !('code' in state)) throw error
    codedErrors.set(state, error)
    throw state
  }
}

async function runAll(
  tx: Pick<Transaction<never>, 'query'>,
  statements: readonly string[],
): Promise<readonly object[]> {
  const rows: object[] = []
  for (const statement of statements) {
    // The transaction is there already.
    if (/^(?:begin|commit)$/i.test(statement)) continue
    rows.push(...(await tx.query<object>(planned + statement)))
  }
  return rows
}

/** The statements of a text; a semicolon in a text of SQL ends none. */
function splitStatements(text: string): readonly string[] {
  if (!text.includes(';')) return [text]
  const statements: string[] = []
  let from = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === "'") quoted = !quoted // a doubled one closes and opens
    if (character !== ';' || quoted) continue
    statements.push(text.slice(from, at).trim())
    from = at + 1
  }
  statements.push(text.slice(from).trim())
  return statements.filter((statement) => statement !== '')
}
