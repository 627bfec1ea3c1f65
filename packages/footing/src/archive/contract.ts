// What the cold archive promises: old rows leave the database for files, none is lost or doubled, and all stay readable.
import type { Clock } from '@footing/kernel'
import type { DataSource } from '../data/contract/contract.ts'
import type { ObjectStorage } from '../storage/contract/contract.ts'

/** One table and which of its rows are old. */
export interface ArchivedTable {
  /** Module that owns the table; its schema has the same name. */
  readonly module: string
  readonly table: string
  /** A column of type date, timestamp or timestamptz. Rows where it is null are never archived. */
  readonly timeColumn: string
  readonly olderThanDays: number
  /** Most rows of one file, which is written, verified and deleted as one. Default 20 000; files also end at 32 MiB of text. */
  readonly batchRows?: number
}

/** How an archive is opened. */
export interface ArchiveOptions {
  /** Of a user who owns or may read and delete from the tables; without `roleOf`, through PgBouncer or not. */
  readonly data: DataSource
  readonly storage: ObjectStorage
  readonly tables: readonly ArchivedTable[]
  /** Decides how old a row is. */
  readonly clock?: Clock
  /** After this many milliseconds another process may take over the table of one that died. Default 120 000. */
  readonly leaseMs?: number
}

/** Where a batch of rows stands. Its rows are in the table until it is `deleted`, and in its file from then on. */
export type BatchState =
  /** Its file is being written, or was when the process died. */
  | 'planned'
  /** Its file is stored. */
  | 'written'
  /** Its file was read back and holds what was read from the table. */
  | 'verified'
  /** The rows are gone from the table: the file is what queries read. */
  | 'deleted'
  /** The rows are back in the table. */
  | 'restored'

/** What one run did for a table. */
export interface RunReport {
  readonly module: string
  readonly table: string
  /** `busy`: another process works on it, nothing was done. `stopped`: the signal or `maxBatches` ended it. */
  readonly outcome: 'done' | 'busy' | 'stopped'
  /** Batches brought to `deleted`, those that an earlier run had left behind included. */
  readonly batches: number
  readonly rows: number
  /** Rows that were changed or deleted while their batch was under way: they were left as they are. */
  readonly leftAlone: number
  /** Unfinished batches of a process that died before its file was stored; they were thrown away and begun anew. */
  readonly abandoned: number
}

/** The state of a table. */
export interface TableStatus {
  readonly module: string
  readonly table: string
  /** Batches and rows by state. */
  readonly states: Readonly<Partial<Record<BatchState, { readonly batches: number; readonly rows: number }>>>
  /** Bytes of the files that queries read. */
  readonly bytes: number
  /** Rows in the table that a run would move now. */
  readonly due: number
  /** Oldest and newest archived time, ISO. */
  readonly from: string | undefined
  readonly to: string | undefined
}

/** What is wrong with one file. */
export interface VerifyFinding {
  readonly module: string
  readonly table: string
  readonly object: string
  readonly fault: string
}

/** The result of reading every file again. */
export interface VerifyReport {
  readonly files: number
  readonly rows: number
  readonly findings: readonly VerifyFinding[]
}

/** A value to compare a column with. */
export type ArchiveValue = string | number | bigint | boolean | Date

/** One condition; several must all hold. Text is compared byte by byte, everything else as PostgreSQL does. */
export interface ArchiveCondition {
  readonly column: string
  readonly is: '=' | '<' | '<=' | '>' | '>=' | 'in'
  readonly value: ArchiveValue | readonly ArchiveValue[]
}

/** Which rows are read. */
export interface ArchiveQuery {
  readonly module: string
  readonly table: string
  /** Rows at or after this time. */
  readonly from?: Date
  /** Rows before this time. */
  readonly to?: Date
  readonly where?: readonly ArchiveCondition[]
  /** Left out, all columns: those of the table now and those that it had when a file was written. */
  readonly columns?: readonly string[]
  /** Reads the table as well, in the same snapshot: every row once, wherever it is. Default false. */
  readonly live?: boolean
  readonly signal?: AbortSignal
}

/** A row as the database driver would have given it. A column that did not exist yet, or no more, is null. */
export type ArchiveRow = Readonly<Record<string, unknown>>

/** What a query read. */
export interface QueryReport {
  readonly rows: number
  /** Files that were read. */
  readonly files: number
  /** Files that could not hold a matching row and were not read. */
  readonly pruned: number
}

/** Which batches come back. */
export interface RestoreRequest {
  readonly module: string
  readonly table: string
  readonly from?: Date
  readonly to?: Date
  /** Archived columns that the table no longer has and whose values may be left out. */
  readonly withoutColumns?: readonly string[]
}

/** Whose rows are erased. */
export interface EraseRequest {
  readonly module: string
  readonly table: string
  /** Columns that name a person; a row is theirs when one of them does. */
  readonly columns: readonly string[]
  readonly subject: string
}

/** What became of the rows of a person in the files of a table. */
export interface ErasedRows {
  /** Rows that are in no file any more; copies that did not count are not counted. */
  readonly erased: number
  /** Files that were written anew, or thrown away because nothing was left in them. */
  readonly files: number
}

/** The archive of an application. */
export interface Archive {
  /** Moves what is old, after mending what an earlier run left behind. Safe to run on several machines at once. */
  run(options?: { readonly signal?: AbortSignal; readonly maxBatches?: number }): Promise<readonly RunReport[]>
  status(): Promise<readonly TableStatus[]>
  /** Reads every file again and compares it with what the database knows of it. */
  verify(options?: { readonly signal?: AbortSignal }): Promise<VerifyReport>
  /** Calls `take` with some rows after the other, in no order; waits for it each time. */
  query(query: ArchiveQuery, take: (rows: readonly ArchiveRow[]) => Promise<void> | void): Promise<QueryReport>
  /**
   * Takes the rows of a person out of the files: each file that has some is written anew without them, read back, exchanged
   * in the book, and the old one is deleted. May be killed at any point and called again.
   * @throws `archive-busy` when another process does not let go of the table
   */
  erase(request: EraseRequest): Promise<ErasedRows>
  /** Puts whole batches back into the table. Returns the number of rows. */
  restore(request: RestoreRequest): Promise<number>
}
