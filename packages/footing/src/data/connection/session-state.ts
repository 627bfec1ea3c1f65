// Statements that leave something behind in a connection. Behind a pooler in transaction mode the next statement runs on
// another connection, and the next user of this one is a stranger: so they are refused before they are sent, everywhere.
import type { FootingError } from '@footing/kernel'
import { dataError } from '../contract/errors.ts'

/** Kinds of session state. */
export type SessionStateKind =
  | 'session-setting'
  | 'listen'
  | 'session-advisory-lock'
  | 'temporary-table'
  | 'cursor-with-hold'
  | 'prepared-statement'
  | 'sequence-memory'
  | 'loaded-library'
  | 'open-transaction'

interface Construct {
  readonly kind: SessionStateKind
  /** Matched against one statement whose literals and comments are gone, in lower case. */
  readonly pattern: RegExp
  /** True when it is harmless inside of a transaction. */
  readonly fineInTransaction?: true
  readonly consequence: string
  readonly instead: string
}

const constructs: readonly Construct[] = [
  {
    kind: 'session-setting',
    pattern: /^(?:set (?!local |transaction |constraints )|reset |discard )/,
    consequence: 'the setting is missing from the next statement and applies to strangers',
    instead: 'write set local inside of a transaction, or alter role … set for all connections',
  },
  {
    kind: 'session-setting',
    pattern: /\bset_config\s*\([^()]*,\s*(?:false|0)\s*(?:::boolean\s*)?\)/,
    consequence: 'the setting is missing from the next statement and applies to strangers',
    instead: 'pass true as the third argument, inside of a transaction',
  },
  {
    kind: 'listen',
    pattern: /^(?:un)?listen\b/,
    consequence: 'no notification ever arrives: they go to a connection that nobody reads',
    instead: 'listen on a connection to the direct URL; notify works everywhere',
  },
  {
    kind: 'session-advisory-lock',
    pattern: /\bpg_(?:try_)?advisory_(?:lock|unlock)(?:_shared|_all)?\s*\(/,
    consequence: 'the lock stays with a connection that others use: two holders at once, or none that can release it',
    instead: 'use pg_advisory_xact_lock inside of a transaction',
  },
  {
    kind: 'temporary-table',
    pattern: /^create (?:local |global )?temp(?:orary)? (?!.*\bon commit drop\b)/,
    consequence: 'the table is not there for the next statement, and in the way of strangers',
    instead: 'create it with on commit drop inside of a transaction, or use a with query',
  },
  {
    kind: 'cursor-with-hold',
    pattern: /^declare\b.*\bwith hold\b/,
    consequence: 'the cursor is not there for the next fetch, and its rows stay in the server',
    instead: 'read by key in pages, or fetch inside of one transaction without with hold',
  },
  {
    kind: 'prepared-statement',
    pattern: /^(?:prepare (?!transaction\b)|execute |deallocate )/,
    consequence: 'the name is not known to the next connection, or already taken there',
    instead: 'send the statement with parameters; the driver needs no name for it',
  },
  {
    kind: 'sequence-memory',
    pattern: /\b(?:lastval|currval)\s*\(/,
    fineInTransaction: true,
    consequence: 'it answers for another insert, or not at all',
    instead: 'use insert … returning',
  },
  {
    kind: 'loaded-library',
    pattern: /^load\b/,
    consequence: 'only one of the connections has it',
    instead: 'put the library into session_preload_libraries of the server',
  },
  {
    kind: 'open-transaction',
    pattern: /^(?:begin|start transaction|(?:commit|rollback|end|abort)(?! prepared\b| (?:work |transaction )?to\b))\b/,
    consequence: 'strangers get into the transaction, and its locks stay',
    instead: 'use transaction(), which ends what it began',
  },
]

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

function sessionStateError({ kind, consequence, instead }: Construct): FootingError {
  return dataError('data-session-state', { kind, consequence, instead })
}

function find(text: string, inTransaction: boolean): Construct | undefined {
  if (known.has(text)) return undefined
  if (!suspicious.test(text)) return remember(text)
  for (const statement of withoutLiterals(text).split(';')) {
    const plain = statement.trim().replace(/\s+/g, ' ').toLowerCase()
    const found = constructs.find(
      ({ pattern, fineInTransaction }) => pattern.test(plain) && !(inTransaction && fineInTransaction === true),
    )
    if (found !== undefined) return found
  }
  return undefined
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

// Strings, quoted names and comments may hold any word; each becomes something without meaning.
const literal = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//g

function withoutLiterals(text: string): string {
  return text.replace(literal, (found) => (found.startsWith('-') || found.startsWith('/') ? ' ' : "''"))
}
