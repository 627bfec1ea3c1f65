// Statements that leave something behind in a connection. Behind a pooler in transaction mode the next statement runs on
// another connection, and the next user of this one is a stranger: so they are refused before they are sent, everywhere.
import { type FootingError, type SessionState, type SessionStateKind, sessionStateIn } from '@footing/kernel'
import { dataError } from '../contract/errors.ts'

export type { SessionStateKind }

// One look that nearly every statement passes; only what it catches is read closely.
const suspicious =
  /^\s*(?:set|reset|discard|listen|unlisten|declare|prepare|execute|deallocate|load|begin|start|commit|rollback|end|abort|create\s+(?:local\s+|global\s+)?temp)|;|set_config|advisory_|lastval|currval|^\s*(?:--|\/\*)/i

/** The session state that the SQL text would leave behind, or undefined. */
export function sessionStateOf(text: string, inTransaction: boolean): SessionStateKind | undefined {
  return find(text, inTransaction)?.kind
}

/**
 * Refuses SQL that leaves state in its connection.
 * @throws data-session-state
 */
export function refuseSessionState(text: string, inTransaction: boolean): void {
  const found = find(text, inTransaction)
  if (found !== undefined) throw sessionStateError(found)
}

function sessionStateError({ kind, consequence, instead }: SessionState): FootingError {
  return dataError('data-session-state', { kind, consequence, instead })
}

function find(text: string, inTransaction: boolean): SessionState | undefined {
  if (known.has(text)) return undefined
  return suspicious.test(text) ? sessionStateIn(text, inTransaction) : remember(text)
}

// Statements are few and come again and again, and a look at one costs more than finding it here.
const known = new Set<string>()
const mostKnown = 1_000
const longestKnown = 4_000

function remember(text: string): undefined {
  if (text.length > longestKnown) return
  if (known.size >= mostKnown) known.clear()
  known.add(text)
}
