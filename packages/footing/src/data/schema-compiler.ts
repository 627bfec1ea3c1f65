// Writes SQL for the tables of one schema. Kysely's own way to name a schema copies the whole query first, which costs
// as much again as writing it; here the schema is added while it is written. What comes out is the same, letter by letter.
import {
  AliasNode,
  type CompiledQuery,
  type DeleteQueryNode,
  type IdentifierNode,
  type InsertQueryNode,
  JoinNode,
  ListNode,
  type MergeQueryNode,
  type OperationNode,
  PostgresQueryCompiler,
  type QueryId,
  type RootOperationNode,
  type SchemableIdentifierNode,
  type SelectQueryNode,
  TableNode,
  type UpdateQueryNode,
  UsingNode,
  type WithNode,
  WithSchemaPlugin,
} from 'kysely'

type Query = SelectQueryNode | InsertQueryNode | UpdateQueryNode | DeleteQueryNode | MergeQueryNode

/** The schema that the builder of a query was bound to: another one than the compiler's when queries of two are joined. */
const schemas = new WeakMap<OperationNode, string>()

/** Remembers whose query this is, for the day when it is put into the query of somebody else. */
export function bindToSchema<Node extends RootOperationNode>(query: Node, schema: string): Node {
  schemas.set(query, schema)
  return query
}

/** A compiler that qualifies the tables of a query which name no schema, and neither aliases nor common table expressions. */
export class SchemaCompiler extends PostgresQueryCompiler {
  readonly #schema: string
  readonly #tables = new Set<string>()
  readonly #expressions = new Set<string>()

  constructor(schema: string) {
    super()
    this.#schema = schema
  }

  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    // A query that could not be written has left its names behind.
    this.#tables.clear()
    this.#expressions.clear()
    return super.compileQuery(node, queryId)
  }

  protected override visitSelectQuery(node: SelectQueryNode): void {
    this.#scoped(node, (query) => super.visitSelectQuery(query))
  }

  protected override visitInsertQuery(node: InsertQueryNode): void {
    this.#scoped(node, (query) => super.visitInsertQuery(query))
  }

  protected override visitUpdateQuery(node: UpdateQueryNode): void {
    this.#scoped(node, (query) => super.visitUpdateQuery(query))
  }

  protected override visitDeleteQuery(node: DeleteQueryNode): void {
    this.#scoped(node, (query) => super.visitDeleteQuery(query))
  }

  protected override visitMergeQuery(node: MergeQueryNode): void {
    this.#scoped(node, (query) => super.visitMergeQuery(query))
  }

  protected override visitSchemableIdentifier(node: SchemableIdentifierNode): void {
    if (node.schema === undefined && this.#tables.has(node.identifier.name) && !this.#takesRow()) {
      this.append(`${quote(this.#schema)}.`)
    }
    super.visitSchemableIdentifier(node)
  }

  protected override visitIdentifier(node: IdentifierNode): void {
    this.append(quote(node.name))
  }

  #scoped<Node extends Query>(node: Node, write: (query: Node) => void): void {
    const own = schemas.get(node)
    if (own !== undefined && own !== this.#schema) {
      // Kysely returns a node of the kind that it was given.
      write(new WithSchemaPlugin(own).transformQuery({ node, queryId: { queryId: '' } }) as Node)
      return
    }
    const expressions = newNames(expressionNames(node.with), this.#expressions)
    const tables = newNames(tableNames(node), this.#tables, this.#expressions)
    write(node)
    for (const name of tables) this.#tables.delete(name)
    for (const name of expressions) this.#expressions.delete(name)
  }

  // `to_json(item)` and `for update of item` mean the row of the table that is in the query, which has no schema.
  #takesRow(): boolean {
    const user = this.nodeStack.at(-3)
    if (user === undefined || this.nodeStack.at(-2)?.kind !== 'TableNode') return false
    if (user.kind === 'SelectModifierNode') return true
    const calls = user.kind === 'FunctionNode' || user.kind === 'AggregateFunctionNode'
    return calls && 'func' in user && (user.func === 'to_json' || user.func === 'json_agg')
  }
}

/** Adds the names that are new, and says which those were, so that they can be taken out again. */
function newNames(names: readonly string[], known: Set<string>, hidden?: ReadonlySet<string>): readonly string[] {
  if (names.length === 0) return names
  const added = names.filter((name) => !known.has(name) && hidden?.has(name) !== true)
  for (const name of added) known.add(name)
  return added
}

function expressionNames(node: WithNode | undefined): readonly string[] {
  return node === undefined ? none : node.expressions.map(({ name }) => name.table.table.identifier.name)
}

const none: readonly string[] = []

function tableNames(node: Query): readonly string[] {
  const names: string[] = []
  if ('from' in node && node.from !== undefined) for (const from of node.from.froms) addNames(from, names)
  if ('into' in node && node.into !== undefined) addNames(node.into, names)
  if ('table' in node && node.table !== undefined) addNames(node.table, names)
  if ('joins' in node && node.joins !== undefined) for (const { table } of node.joins) addNames(table, names)
  if ('using' in node && node.using !== undefined) {
    addNames(JoinNode.is(node.using) ? node.using.table : node.using, names)
  }
  return names
}

function addNames(node: OperationNode, names: string[]): void {
  if (TableNode.is(node)) names.push(node.table.identifier.name)
  else if (AliasNode.is(node)) {
    if (TableNode.is(node.node)) names.push(node.node.table.identifier.name)
  } else if (ListNode.is(node)) for (const item of node.items) addNames(item, names)
  else if (UsingNode.is(node)) for (const table of node.tables) addNames(table, names)
}

// Names of tables and columns are few and come again in every statement.
const quoted = new Map<string, string>()
const mostQuoted = 5_000
/** PostgreSQL cuts longer ones. */
const longestName = 63

function quote(name: string): string {
  const known = quoted.get(name)
  if (known !== undefined) return known
  if (typeof name !== 'string') throw new TypeError('A name in a query must be a string.')
  const made = `"${name.replaceAll('"', '""')}"`
  if (quoted.size >= mostQuoted) quoted.clear()
  if (name.length <= longestName) quoted.set(name, made)
  return made
}
