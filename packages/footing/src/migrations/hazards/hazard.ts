// What a migration may do to code that runs while it is applied, as data.

/** PostgreSQL's table locks that matter here, weakest first. */
export type TableLock = 'SHARE UPDATE EXCLUSIVE' | 'SHARE ROW EXCLUSIVE' | 'SHARE' | 'EXCLUSIVE' | 'ACCESS EXCLUSIVE'

/** What suffers: running code of the version before, or everybody who waits for the lock. */
export type HazardKind = 'locks' | 'breaks-running-code' | 'loses-data' | 'cannot-run'

/** Ids of hazards: words that read after "allow". */
export type HazardId =
  | 'blocking-index'
  | 'blocking-index-drop'
  | 'blocking-reindex'
  | 'not-null-without-default'
  | 'rewriting-default'
  | 'stored-generated-column'
  | 'column-type-change'
  | 'scanning-not-null'
  | 'validating-check'
  | 'validating-foreign-key'
  | 'validating-at-once'
  | 'index-building-constraint'
  | 'column-rename'
  | 'table-rename'
  | 'schema-move'
  | 'column-drop'
  | 'table-drop'
  | 'table-truncate'
  | 'whole-table-change'
  | 'table-rewrite'
  | 'explicit-table-lock'
  | 'blocking-view-refresh'
  | 'concurrently-in-transaction'
  | 'several-statements-without-transaction'
  | 'transaction-control'
  | 'session-setting'

/** One hazard in one migration. */
export interface Hazard {
  readonly id: HazardId
  readonly kind: HazardKind
  /** Line of the statement in the file, from 1. */
  readonly line: number
  /** Table, index or column that it is about, as written. */
  readonly subject: string
  /** The table lock that is held while it runs, where there is one. */
  readonly lock?: TableLock
  readonly what: string
  readonly why: string
  /** The safe way, as steps. */
  readonly remedy: string
}

/** What a check of one statement returns: a hazard without its place. */
export type Finding = Omit<Hazard, 'line'>
