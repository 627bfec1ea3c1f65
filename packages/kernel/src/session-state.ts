// SQL that leaves something behind in its connection. Behind a pooler in transaction mode the next statement runs on another
// connection, and the next user of this one is a stranger. The library refuses it, the auditor finds it: one table for both.

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

/** One construct that leaves state behind. */
export interface SessionState {
  readonly kind: SessionStateKind
  /** Matched against one statement without literals and comments, in lower case. */
  readonly pattern: RegExp
  /** True when it is harmless inside a transaction. */
  readonly fineInTransaction?: true
  /** What happens behind a pooler: half a sentence. */
  readonly consequence: string
  /** What to do instead: a sentence. */
  readonly instead: string
}

const setting = 'the setting is missing from the next statement and applies to strangers'

/** Every construct. */
const SESSION_STATES: readonly SessionState[] = [
  {
    kind: 'session-setting',
    pattern: /^(?:set (?!local |transaction |constraints )|reset |discard )/,
    consequence: setting,
    instead: 'Write `set local` inside a transaction, or `alter role … set` for all connections.',
  },
  {
    kind: 'session-setting',
    pattern: /\bset_config\s*\([^()]*,\s*(?:false|0)\s*(?:::boolean\s*)?\)/,
    consequence: setting,
    instead: 'Pass true as the third argument, inside a transaction.',
  },
  {
    kind: 'listen',
    pattern: /^(?:un)?listen\b/,
    consequence: 'no notification ever arrives: they go to a connection that nobody reads',
    instead: 'Listen on a connection to the direct address of the server; `notify` works everywhere.',
  },
  {
    kind: 'session-advisory-lock',
    pattern: /\bpg_(?:try_)?advisory_(?:lock|unlock)(?:_shared|_all)?\s*\(/,
    consequence: 'the lock stays with a connection that others use: two holders at once, or none that can release it',
    instead: 'Use `pg_advisory_xact_lock` inside a transaction.',
  },
  {
    kind: 'temporary-table',
    pattern: /^create (?:local |global )?temp(?:orary)? (?!.*\bon commit drop\b)/,
    consequence: 'the table is not there for the next statement, and in the way of strangers',
    instead: 'Create it with `on commit drop` inside a transaction, or use a `with` query.',
  },
  {
    kind: 'cursor-with-hold',
    pattern: /^declare\b.*\bwith hold\b/,
    consequence: 'the cursor is not there for the next fetch, and its rows stay in the server',
    instead: 'Read by key in pages, or fetch inside one transaction without `with hold`.',
  },
  {
    kind: 'prepared-statement',
    pattern: /^(?:prepare (?!transaction\b)|execute |deallocate )/,
    consequence: 'the name is not known to the next connection, or already taken there',
    instead: 'Send the statement with parameters; the driver needs no name for it.',
  },
  {
    kind: 'sequence-memory',
    pattern: /\b(?:lastval|currval)\s*\(/,
    fineInTransaction: true,
    consequence: 'it answers for another insert, or not at all',
    instead: 'Use `insert … returning`.',
  },
  {
    kind: 'loaded-library',
    pattern: /^load\b/,
    consequence: 'only one of the connections has it',
    instead: 'Put the library into `session_preload_libraries` of the server.',
  },
  {
    kind: 'open-transaction',
    pattern: /^(?:begin|start transaction|(?:commit|rollback|end|abort)(?! prepared\b| (?:work |transaction )?to\b))\b/,
    consequence: 'strangers get into the transaction, and its locks stay',
    instead: 'Use the transaction of the data layer, which ends what it began.',
  },
]

/** Strings, quoted names and comments may hold any word; each becomes something without meaning. */
const LITERAL = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//g

/** The first construct of an SQL text that outlives its statement, or undefined; `except` leaves a kind out. */
export function sessionStateIn(
  text: string,
  inTransaction: boolean,
  except?: SessionStateKind,
): SessionState | undefined {
  const plain = text.replace(LITERAL, (found) => (found.startsWith('-') || found.startsWith('/') ? ' ' : "''"))
  for (const statement of plain.split(';')) {
    const words = statement.trim().replace(/\s+/g, ' ').toLowerCase()
    const found = SESSION_STATES.find(
      ({ kind, pattern, fineInTransaction }) =>
        kind !== except && pattern.test(words) && !(inTransaction && fineInTransaction === true),
    )
    if (found !== undefined) return found
  }
  return undefined
}
