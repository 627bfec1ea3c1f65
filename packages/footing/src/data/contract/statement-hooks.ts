// What another capability may add to statements without `data` knowing it: words before a write, notes of what a read
// shows, the meaning of a state that its own triggers raise. Each is optional; one that is left out costs nothing.
import type { FootingError } from '@footing/kernel'
import type pg from 'pg'
import type { QueryScope } from './contract.ts'

/** The hooks of one data source. */
export interface StatementHooks {
  /** Runs once on the primary with the first `ping`, before any statement of a module. */
  prepare?(send: SendToPrimary): Promise<void>
  /**
   * One statement without parameters that is sent in front of what a module writes, in the same message and the same
   * transaction: a `set local`, or a select of `set_config` with `true`. Undefined when there is nothing to say.
   */
  beforeWrite?(module: string, scope: QueryScope | undefined): string | undefined
  /** Begins the notes of one transaction, or of one statement outside of any. */
  noteReads?(scope: QueryScope | undefined): ReadNotes
  /** The coded error for an SQLSTATE that a trigger or function of the hook's owner raises; undefined for any other. */
  explainFault?(state: string, cause: unknown): FootingError | undefined
}

/** Sends one statement to the primary. */
export type SendToPrimary = (text: string, values: readonly unknown[]) => Promise<{ readonly rows: readonly unknown[] }>

/**
 * What the reads of one transaction have to leave behind. The statement is sent before the rows of a single read are given
 * out; in a transaction with its commit where it may write, else after its end, over the primary.
 */
export interface ReadNotes {
  /** Sees a result before its rows are given out. True when so much has come together that it should be written now. */
  see(text: string, result: pg.QueryResult): boolean
  /** The statement that writes what has come together, which is then forgotten here; undefined when there is nothing. */
  take(): { readonly text: string; readonly values: readonly unknown[] } | undefined
}
