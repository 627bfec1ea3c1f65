// Joins Kysely's query builder to our sessions: it writes the SQL, we decide where, until when and under whose name it runs.
import {
  type AbortableQueryOptions,
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type RootOperationNode,
} from 'kysely'
import type pg from 'pg'
import type { Queries } from '../contract/contract.ts'
import { dataError } from '../contract/errors.ts'
import { bindToSchema, SchemaCompiler } from './schema-compiler.ts'

/** Runs one statement somewhere. */
export type Run = (text: string, values: readonly unknown[]) => Promise<pg.QueryResult>

const dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}
const adapter = new PostgresAdapter()
const driver = new DummyDriver()

/** What is known of a bound query builder: how to send a statement past it, and whose tables it means. */
export interface Binding {
  readonly schema: string
  readonly run: Run
}

const bindings = new WeakMap<object, Binding>()

/** How a query builder was bound. @throws TypeError for one that is not ours */
export function bindingOf(queries: object): Binding {
  const binding = bindings.get(queries)
  if (binding === undefined) throw new TypeError('This query builder is not one of read(), write() or a transaction.')
  return binding
}

/** A query builder whose statements go through `run` and whose unqualified tables are those of `schema`. */
export function bindQueries<Tables>(schema: string, run: Run): Queries<Tables> {
  const executor = new RunExecutor(schema, run)
  const queries = new Kysely<Tables>({ config: { dialect }, dialect, driver: driver as never, executor })
  bindings.set(queries, { schema, run })
  return queries
}

// Writing SQL never waits, so all query builders of a schema share one compiler.
const compilers = new Map<string, SchemaCompiler>()

function compilerFor(schema: string): SchemaCompiler {
  const known = compilers.get(schema) ?? new SchemaCompiler(schema)
  compilers.set(schema, known)
  return known
}

// Sends a finished statement at once. Kysely's own executor asks for a connection first, in several steps.
class RunExecutor extends DefaultQueryExecutor {
  readonly #schema: string
  readonly #run: Run

  constructor(schema: string, run: Run) {
    super(compilerFor(schema), adapter, new RunProvider(run))
    this.#schema = schema
    this.#run = run
  }

  override transformQuery<Node extends RootOperationNode>(node: Node): Node {
    return bindToSchema(node, this.#schema)
  }

  override async executeQuery<Row>(query: CompiledQuery, options?: AbortableQueryOptions): Promise<QueryResult<Row>> {
    if (options?.signal !== undefined) return super.executeQuery(query, options)
    return asQueryResult<Row>(await this.#run(query.sql, query.parameters))
  }
}

// Kysely asks for a connection per statement; ours is the function that finds one.
class RunProvider implements ConnectionProvider {
  readonly #connection: DatabaseConnection
  constructor(run: Run) {
    this.#connection = new RunConnection(run)
  }
  provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return consumer(this.#connection)
  }
}

class RunConnection implements DatabaseConnection {
  readonly #run: Run
  constructor(run: Run) {
    this.#run = run
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return asQueryResult<Row>(await this.#run(sql, parameters))
  }

  // biome-ignore lint/correctness/useYield: the interface wants a generator, and streaming is refused before the first row
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw dataError('data-query-failed', { reason: 'streaming needs a transaction', state: '0A000', module: 'data' })
  }
}

function asQueryResult<Row>(result: pg.QueryResult): QueryResult<Row> {
  // The row type is what the query builder inferred from the table interface; nothing can check it here.
  const rows = result.rows as Row[]
  if (result.command === 'SELECT' || result.rowCount === null) return { rows }
  return { rows, numAffectedRows: BigInt(result.rowCount) }
}
