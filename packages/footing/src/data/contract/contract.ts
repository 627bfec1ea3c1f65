// What the data capability promises: to a module (Database), to the application (DataSource), to a deployment (Migrator).
import type { Kysely } from 'kysely'
import type { PoolSizing, ReplicaState } from './server-state.ts'

/** Which copy of the data a read may see: the caller says what it needs, never which server answers. */
export type Consistency =
  /** The primary: the newest committed rows. The default. */
  | 'latest'
  /** A replica that has everything the caller's own session wrote, else the primary. */
  | 'own-writes'
  /** Any healthy replica, however late, else the primary. */
  | 'any'

/** How one read is routed. */
export interface ReadOptions {
  readonly consistency?: Consistency
}

/** The part of Kysely that only reads. `sql` templates run with `.execute(queries)`. */
export type ReadQueries<Tables> = Pick<
  Kysely<Tables>,
  'selectFrom' | 'selectNoFrom' | 'with' | 'withRecursive' | 'fn' | 'case' | 'dynamic' | 'getExecutor'
>

/** The part of Kysely that reads and writes; bound to the schema of one module. */
export type Queries<Tables> = ReadQueries<Tables> &
  Pick<Kysely<Tables>, 'insertInto' | 'updateTable' | 'deleteFrom' | 'mergeInto'>

/** How a transaction runs. */
export interface TransactionOptions {
  /** Isolation level; the default is PostgreSQL's own, `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
  /**
   * How often the whole function may run again after a serialisation failure or a deadlock. The default is 0:
   * only the caller knows that running its function twice is safe (no mail sent, no other service called).
   */
  readonly retries?: number
  /** Longest time of the whole transaction in milliseconds; the context's deadline wins when it is nearer. */
  readonly timeoutMs?: number
  /** Longest wait for one lock in milliseconds; the default is that of the data source. */
  readonly lockTimeoutMs?: number
}

/** Marks a transaction, so that a port's schema and a type can refuse to carry it to another module. */
export const transactionBrand: unique symbol = Symbol('footing.transaction')

/** One open transaction. It must not leave the function that was given it. */
export interface Transaction<Tables> extends Queries<Tables> {
  readonly [transactionBrand]: true
  /** Runs `work` inside a savepoint: when it throws, only its own changes are undone, and the error is passed on. */
  savepoint<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T>
  /** Plain SQL with `$1` parameters on this transaction, for what the query builder cannot say. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

/** What a module gets as `db`. `Tables` is its own table interface: table name → columns. */
export interface Database<Tables> {
  /** Name of the PostgreSQL schema that holds the module's tables. */
  readonly schema: string
  /** Queries that only read, each on its own connection for the length of one statement. */
  read(options?: ReadOptions): ReadQueries<Tables>
  /** Statements that write, each committed by itself. Two that belong together need `transaction`. */
  write(): Queries<Tables>
  /**
   * Runs `work` in one transaction on one connection: commits what it returns, rolls back when it throws.
   * The deadline and the cancellation of the current scope reach the server.
   * @throws the coded errors of errors.ts, and whatever `work` throws, unchanged
   */
  transaction<T>(work: (tx: Transaction<Tables>) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Plain SQL with `$1` parameters, committed by itself: the way out when the query builder is in the way. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

/** One statement that was sent, as a scope counts it. */
export interface QueryRecord {
  /** SQL without parameters. */
  readonly text: string
  readonly module: string
  readonly durationMs: number
  readonly failed: boolean
}

/** Who acts in a statement, in which request, through what. */
export interface Actor {
  readonly user?: string | undefined
  readonly request?: string | undefined
  readonly trace?: string | undefined
  /** Route, or `module.operation` of a port. */
  readonly source?: string | undefined
}

/**
 * What surrounds a query: who asked, until when, and who listens. The data source reads it for each query through
 * the `scope` function it was given, so that no caller passes it along.
 */
export interface QueryScope {
  /** Route or job that asked, e.g. `GET /api/articles/{slug}`; ends up in a comment in front of each statement. */
  readonly route?: string
  readonly traceId?: string
  /** Milliseconds since 1970 on the application's clock after which no answer is wanted. */
  readonly deadlineAt?: number
  /** Aborted when nobody waits any longer; the running statement is then cancelled on the server. */
  readonly signal?: AbortSignal
  /** True when `signal` has aborted; asked instead where nobody listens, because making a signal costs more than a statement. */
  readonly left?: boolean
  /** Called once for each statement that was sent. */
  readonly onQuery?: ((query: QueryRecord) => void) | undefined
  /** Who acts; asked only by hooks that want to know. */
  readonly actor?: () => Actor
  /** Where this session's last own write stands in the log; kept for reads that ask for `own-writes`. */
  readonly writes?: { position: string | undefined }
}

/** State of the connections to one server. */
export interface PoolStats {
  readonly size: number
  readonly open: number
  readonly idle: number
  readonly waiting: number
}

/** All connections of one process, shared by its modules. */
export interface DataSource {
  /** The handle of one module, bound to its schema. */
  forModule<Tables>(module: string): Database<Tables>
  /** Resolves when the primary answers, else throws the coded error that says why not. */
  ping(): Promise<void>
  readonly stats: PoolStats
  /**
   * Whether prepared statements keep their names on the way to the primary: true on direct connections and behind a pooler
   * that tracks them. Undefined until a statement has come a second time and the question was answered.
   */
  readonly keepsPreparedStatements: boolean | undefined
  /** The replicas and whether they take reads; empty without replicas. */
  readonly replicas: readonly ReplicaState[]
  /** Whether so many processes with this pool fit into the server, with a sentence for a person. */
  sizing(processes: number): Promise<PoolSizing>
  /** Waits for running statements, refuses new ones, closes the connections. Safe to call twice. */
  close(): Promise<void>
}

/** A module as the migrator sees it. */
export interface MigrationSource {
  readonly module: string
  /** Modules whose migrations run first. */
  readonly needs: readonly string[]
  /** Folder with `0001-name.sql` and `0002-name.ts` files, as `new URL('../../migrations/', import.meta.url)`. */
  readonly folder: URL
}

/** One migration and what the database knows of it. */
export interface MigrationStatus {
  readonly module: string
  readonly name: string
  readonly state: 'applied' | 'pending' | 'changed' | 'missing'
  /** ISO time, when applied. */
  readonly appliedAt?: string
  /** Before the deployment or after it, when the file says so. */
  readonly phase?: 'expand' | 'contract'
  /** The migration that an earlier run must have applied before this pending one may run in production. */
  readonly waitsFor?: string
  /** True for a file that says it is not written yet; it and what comes after it in its module wait. */
  readonly draft?: true
  /** Rows that an interrupted backfill has behind it. */
  readonly rowsDone?: number
}

/** Brings the schemas of all modules up to date, over the direct URL. */
export interface Migrator {
  /** Applies what is pending; concurrent calls, also from other machines, wait for each other. Returns what it applied. */
  up(): Promise<readonly MigrationStatus[]>
  status(): Promise<readonly MigrationStatus[]>
}

/** A PostgreSQL server of our own on a loopback port. */
export interface EmbeddedServer {
  /** `postgres://…@127.0.0.1:<port>/<database>` with the password. */
  readonly url: string
  readonly port: number
  readonly dataFolder: string
  /** True when another process had started it; `stop` then leaves it running. */
  readonly attached: boolean
  /** Shuts down in an orderly way and resolves when the process is gone. Safe to call twice. */
  stop(): Promise<void>
}
