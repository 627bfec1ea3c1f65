// What search promises to an application, and what a driver must do for that.
import type { Consistency, Database, Transaction } from '../../data/contract/contract.ts'

/** How much a hit in a field counts: in PostgreSQL 1.0, 0.4, 0.2 and 0.1. */
export type FieldWeight = 'A' | 'B' | 'C' | 'D'

/** One text field of an index. */
export interface FieldDeclaration {
  /** Default `D`. */
  readonly weight?: FieldWeight
  /** Words of this field are also found when they were mistyped, where a search asks for `typos`. For short fields. */
  readonly typos?: boolean
}

/** What a filter compares: one or several exact strings, a number, a moment, yes or no. */
export type FilterKind = 'keyword' | 'number' | 'date' | 'boolean'

/** Languages whose stop words and word stems both drivers know; `simple` has neither. */
export type SearchLanguage = (typeof searchLanguages)[number]

/** Names of PostgreSQL's configurations, and of Elasticsearch's analysers except `simple`. */
export const searchLanguages = [
  'simple',
  'danish',
  'dutch',
  'english',
  'finnish',
  'french',
  'german',
  'hungarian',
  'italian',
  'norwegian',
  'portuguese',
  'romanian',
  'russian',
  'spanish',
  'swedish',
] as const

/** An index as data. Made by `defineSearchIndex`. */
export interface SearchIndex<
  Field extends string = string,
  Filters extends Readonly<Record<string, FilterKind>> = Readonly<Record<string, FilterKind>>,
> {
  readonly name: string
  readonly language: SearchLanguage
  readonly fields: Readonly<Record<Field, FieldDeclaration>>
  readonly filters: Filters
  /** Keyword filter that names the person whom a document is about; undefined when nobody is in it. */
  readonly personal: (keyof Filters & string) | undefined
  /** Changes with everything that the stored form depends on. */
  readonly fingerprint: string
}

/** Value of a filter in a document. */
export type FilterValue<Kind> = Kind extends 'keyword'
  ? string | readonly string[]
  : Kind extends 'number'
    ? number
    : Kind extends 'date'
      ? Date | string
      : boolean

/** What is put into an index. */
export interface SearchDocument<
  Field extends string = string,
  Filters extends Readonly<Record<string, FilterKind>> = Readonly<Record<string, FilterKind>>,
> {
  /** Up to 512 bytes. */
  readonly id: string
  /**
   * Grows with each change of the document: a version column, milliseconds of the change. Of two puts the higher version
   * wins, in whichever order they arrive. From 0 to 2^53 - 1.
   */
  readonly version: number
  readonly fields: Readonly<Partial<Record<Field, string>>>
  readonly filters?: { readonly [Name in keyof Filters]?: FilterValue<Filters[Name]> }
}

/** A document that is no more. Its version is remembered, so that an older put that comes late does not bring it back. */
export interface RemovedDocument {
  readonly id: string
  readonly version: number
}

/** What a filter of a search allows: one value, any of several, or a range from `from` to below `to`. */
export type FilterCondition<Kind> = Kind extends 'keyword'
  ? string | readonly string[]
  : Kind extends 'number'
    ? number | readonly number[] | { readonly from?: number; readonly to?: number }
    : Kind extends 'date'
      ? { readonly from?: Date | string; readonly to?: Date | string }
      : boolean

/** A search. */
export interface SearchRequest<
  Filters extends Readonly<Record<string, FilterKind>> = Readonly<Record<string, FilterKind>>,
> {
  /**
   * Words that all must occur; `"a phrase"`, `-without`, `this or that`. Anything else is text, no query text is an error.
   * Up to 1000 characters, of which the first 32 words count.
   * Left out or blank: all documents that the filters allow.
   */
  readonly query?: string
  readonly filters?: { readonly [Name in keyof Filters]?: FilterCondition<Filters[Name]> }
  /** Hits of one page, 1 to 100. Default 20. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly after?: string
  /** With excerpts, in which what was found is marked. */
  readonly highlight?: boolean
  /** Also what was mistyped, in the fields that the index declares for it. */
  readonly typos?: boolean
  /** Which copy of PostgreSQL may answer; of no meaning to other drivers. */
  readonly consistency?: Consistency
}

/** One hit. */
export interface SearchHit {
  readonly id: string
  readonly version: number
  /** Comparable within one search only. 0 without a query. */
  readonly score: number
  /** Field → excerpt that is safe as HTML: everything is escaped except `<mark>` around what was found. */
  readonly highlight?: Readonly<Record<string, string>>
}

/** A page of hits, best first, ties by id. */
export interface SearchPage {
  readonly hits: readonly SearchHit[]
  /** Give it as `after` for the next page; undefined on the last one. */
  readonly next: string | undefined
  /** Hits of all pages; `exact: false` means "at least". */
  readonly total: { readonly value: number; readonly exact: boolean }
}

/** What became of a put or a remove. */
export interface PutResult {
  /** Documents that are now in the index, or out of it. */
  readonly written: number
  /** Documents of which the index has the same or a newer version. */
  readonly stale: number
  /** Documents that wait for the commit of the caller's transaction: where a driver is not transactional. */
  readonly deferred: number
}

/** What a driver guarantees, as data: modules and the facade ask this, never which driver it is. */
export interface SearchGuarantees {
  /** A put inside a transaction is committed and rolled back with it. */
  readonly transactional: boolean
  /** What a put has resolved for, the next search finds. Where false, it does so soon. */
  readonly readAfterWrite: boolean
  /** `typos` of a search works on the fields that declare it. */
  readonly typoTolerant: boolean
  /** `total` is exact however many hits there are. Where false, beyond 10 000 it says "at least". */
  readonly exactTotal: boolean
}

/** The handle of a module's database, or a transaction of it. */
export type SearchDatabase<Tables> = Database<Tables> | Transaction<Tables>

/** Counts since the start of this process. */
export interface SearchStats {
  /** Calls under way, deferred puts among them. */
  readonly running: number
  /** Documents of deferred puts that failed: they are missing until the next put or rebuild. */
  readonly lost: number
}

/** Search, whichever driver is behind it. */
export interface Search {
  readonly guarantees: SearchGuarantees
  readonly stats: SearchStats
  /**
   * Puts documents into the index, in the transaction that it is given where the driver is transactional; otherwise after
   * its commit.
   * @throws `search-document-invalid`, `search-document-too-large`, `search-index-missing`
   */
  put<Tables, Field extends string, Filters extends Readonly<Record<string, FilterKind>>>(
    database: SearchDatabase<Tables>,
    index: SearchIndex<Field, Filters>,
    documents: readonly SearchDocument<Field, Filters>[],
  ): Promise<PutResult>
  /** Takes documents out of the index. One that is not in it is no fault. */
  remove<Tables>(
    database: SearchDatabase<Tables>,
    index: SearchIndex,
    documents: readonly RemovedDocument[],
  ): Promise<PutResult>
  /** @throws `search-request-invalid`, `search-cursor-invalid`, `search-unsupported` */
  search<Tables, Field extends string, Filters extends Readonly<Record<string, FilterKind>>>(
    database: SearchDatabase<Tables>,
    index: SearchIndex<Field, Filters>,
    request: SearchRequest<Filters>,
  ): Promise<SearchPage>
  /**
   * Makes the index anew from `source`, which is read after the start of the rebuild, while searches go on in the old one.
   * Puts and removals meanwhile go to both. The last step switches; whatever fails before leaves the old one.
   * @throws `search-rebuild-replaced` when another rebuild began later
   */
  rebuild<Tables, Field extends string, Filters extends Readonly<Record<string, FilterKind>>>(
    database: Database<Tables>,
    index: SearchIndex<Field, Filters>,
    source: AsyncIterable<SearchDocument<Field, Filters>>,
  ): Promise<PutResult>
  /** Resolves when every deferred put has ended. */
  settled(): Promise<void>
  /** Resolves when the search server answers; at once where there is none. @throws `search-unreachable` */
  ping(): Promise<void>
  /** Takes nothing new, waits for what was deferred. Safe to call twice. */
  close(): Promise<void>
}

/** A document with every default filled in, clean and within the limits. */
export interface PreparedDocument {
  readonly id: string
  readonly version: number
  /** A removed one has neither fields nor filters. */
  readonly removed: boolean
  readonly fields: Readonly<Record<string, string>>
  /** Keywords as lists, moments as ISO texts. */
  readonly filters: Readonly<Record<string, readonly string[] | string | number | boolean>>
}

/** A condition of one filter. A date's limits are ISO texts. */
export type PreparedCondition =
  | { readonly name: string; readonly kind: FilterKind; readonly any: readonly (string | number | boolean)[] }
  | {
      readonly name: string
      readonly kind: FilterKind
      readonly from: string | number | undefined
      readonly to: string | number | undefined
    }

/** Where a page begins. */
export interface PagePosition {
  readonly score: number
  readonly id: string
}

/** A search with every default filled in. */
export interface PreparedSearch {
  /** Well-formed text without control characters, not blank; undefined for all documents. */
  readonly query: string | undefined
  readonly filters: readonly PreparedCondition[]
  /** Hits that are wanted, one more than the page has. */
  readonly limit: number
  readonly after: PagePosition | undefined
  readonly highlight: boolean
  readonly typos: boolean
  readonly consistency: Consistency
}

/** What a driver answers. Excerpts are raw text with `highlightStart` and `highlightEnd` around what was found. */
export interface DriverPage {
  readonly hits: readonly SearchHit[]
  readonly total: { readonly value: number; readonly exact: boolean }
}

/** Statements on the database of the caller. */
export interface SearchExecutor {
  /** Schema of the module. */
  readonly schema: string
  /** Sends one statement that reads. */
  read(text: string, values: readonly unknown[], consistency: Consistency): Promise<readonly Row[]>
  /** Runs in the caller's transaction when there is one, else in one of its own. */
  atomically<T>(work: (run: RunStatement) => Promise<T>, options?: { readonly lockTimeoutMs?: number }): Promise<T>
}

/** A row as plain SQL gives it. */
export type Row = Readonly<Record<string, unknown>>

/** Sends one statement in a transaction. */
export type RunStatement = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

/** How many documents were written; the others are stale. */
export interface WriteResult {
  readonly written: number
}

/** A rebuild under way. */
export interface DriverRebuild {
  /** @throws `search-rebuild-replaced` */
  write(documents: readonly PreparedDocument[]): Promise<WriteResult>
  /** Switches searches over. @throws `search-rebuild-replaced` */
  finish(): Promise<void>
  /** Gives up, leaving nothing where that is possible. */
  abandon(): Promise<void>
}

/** A driver. Requests are valid, texts are clean, each id occurs once in `documents`, and they are sorted by id. */
export interface SearchDriver {
  readonly guarantees: SearchGuarantees
  write(at: SearchExecutor, index: SearchIndex, documents: readonly PreparedDocument[]): Promise<WriteResult>
  search(at: SearchExecutor, index: SearchIndex, request: PreparedSearch): Promise<DriverPage>
  rebuild(at: SearchExecutor, index: SearchIndex): Promise<DriverRebuild>
  /** Forgets some of the removed documents whose removal is longer ago than `ms`. */
  forget(at: SearchExecutor, index: SearchIndex, ms: number): Promise<void>
  /** Asks the server for something small. Left out where the database is the server. */
  ping?(): Promise<void>
  close(): Promise<void>
}
