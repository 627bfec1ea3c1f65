// Writes SQL for the tables of one schema. Kysely's own way to name a schema copies the whole query first, which costs
// as much again as writing it; here the schema is added while it is written. What comes out is the same, letter by letter.

import {
  AliasNode,
  ColumnNode,
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
  type ReferenceNode,
  type RootOperationNode,
  type SchemableIdentifierNode,
  type SelectQueryNode,
  TableNode,
  type UpdateQueryNode,
  UsingNode,
  WithSchemaPlugin,
} from 'kysely'
import { quoteName } from '../contract/quote.ts'

type Query = SelectQueryNode | InsertQueryNode | UpdateQueryNode | DeleteQueryNode | MergeQueryNode

/** The schema that the builder of a query was bound to: another one than the compiler's when queries of two are joined. */
const schemas = new WeakMap<OperationNode, string>()

// Nearly every query is written right after it was bound; only one that was not is put into another query.
let bound: { readonly query: OperationNode; readonly schema: string } | undefined

/** Remembers whose query this is, for the case that it is put into the query of somebody else. */
export function bindToSchema<Node extends RootOperationNode>(query: Node, schema: string): Node {
  if (bound !== undefined) schemas.set(bound.query, bound.schema)
  bound = { query, schema }
  return query
}

/** A compiler that qualifies the tables of a query which name no schema, and neither aliases nor common table expressions. */
export class SchemaCompiler extends PostgresQueryCompiler {
  readonly #schema: string
  // Lists, not sets: a query has few names, and those of an inner query are taken off the end.
  readonly #tables: string[] = []
  readonly #expressions: string[] = []
  /** Where the expressions begin that the query at hand can mean. */
  #visible = 0

  constructor(schema: string) {
    super()
    this.#schema = schema
  }

  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    if (bound?.query === node && bound.schema === this.#schema) bound = undefined
    // A query that could not be written has left its names behind.
    this.#leave(0, 0, 0)
    return super.compileQuery(node, queryId)
  }

  protected override visitSelectQuery(node: SelectQueryNode): void {
    const [tables, expressions, visible] = [this.#tables.length, this.#expressions.length, this.#visible]
    super.visitSelectQuery(this.#enter(node))
    this.#leave(tables, expressions, visible)
  }

  protected override visitInsertQuery(node: InsertQueryNode): void {
    const [tables, expressions, visible] = [this.#tables.length, this.#expressions.length, this.#visible]
    super.visitInsertQuery(this.#enter(node))
    this.#leave(tables, expressions, visible)
  }

  protected override visitUpdateQuery(node: UpdateQueryNode): void {
    const [tables, expressions, visible] = [this.#tables.length, this.#expressions.length, this.#visible]
    super.visitUpdateQuery(this.#enter(node))
    this.#leave(tables, expressions, visible)
  }

  protected override visitDeleteQuery(node: DeleteQueryNode): void {
    const [tables, expressions, visible] = [this.#tables.length, this.#expressions.length, this.#visible]
    super.visitDeleteQuery(this.#enter(node))
    this.#leave(tables, expressions, visible)
  }

  protected override visitMergeQuery(node: MergeQueryNode): void {
    const [tables, expressions, visible] = [this.#tables.length, this.#expressions.length, this.#visible]
    super.visitMergeQuery(this.#enter(node))
    this.#leave(tables, expressions, visible)
  }

  protected override visitSchemableIdentifier(node: SchemableIdentifierNode): void {
    if (node.schema === undefined && this.#tables.includes(node.identifier.name) && !this.#takesRow()) {
      this.append(`${quote(this.#schema)}.`)
    }
    super.visitSchemableIdentifier(node)
  }

  protected override visitIdentifier(node: IdentifierNode): void {
    this.append(quote(node.name))
  }

  // Names of columns are most of a query. They are written where they are met, without a step into each of their parts.
  protected override visitReference({ table, column }: ReferenceNode): void {
    if (table !== undefined) {
      const { schema, identifier } = table.table
      if (schema !== undefined) this.append(`${quote(schema.name)}.`)
      else if (this.#tables.includes(identifier.name)) this.append(`${quote(this.#schema)}.`)
      this.append(`${quote(identifier.name)}.`)
    }
    if (ColumnNode.is(column)) this.append(quote(column.column.name))
    else this.visitNode(column)
  }

  protected override visitColumn({ column }: ColumnNode): void {
    this.append(quote(column.name))
  }

  #enter<Node extends Query>(node: Node): Node {
    const own = bound?.query === node ? bound.schema : schemas.get(node)
    if (own !== undefined && own !== this.#schema) {
      // Kysely returns a node of the kind that it was given, with its schema in every place.
      return new WithSchemaPlugin(own).transformQuery({ node, queryId: { queryId: '' } }) as Node
    }
    // A query that was begun by itself means tables, also where it is put below an expression with such a name.
    if (own !== undefined) this.#visible = this.#expressions.length
    if (node.with !== undefined) {
      for (const { name } of node.with.expressions) this.#expressions.push(name.table.table.identifier.name)
    }
    if ('from' in node && node.from !== undefined) for (const from of node.from.froms) this.#addTables(from)
    if ('into' in node && node.into !== undefined) this.#addTables(node.into)
    if ('table' in node && node.table !== undefined) this.#addTables(node.table)
    if ('joins' in node && node.joins !== undefined) for (const { table } of node.joins) this.#addTables(table)
    if ('using' in node && node.using !== undefined) {
      this.#addTables(JoinNode.is(node.using) ? node.using.table : node.using)
    }
    return node
  }

  #addTables(node: OperationNode): void {
    if (AliasNode.is(node)) {
      if (TableNode.is(node.node)) this.#addTables(node.node)
    } else if (ListNode.is(node)) for (const item of node.items) this.#addTables(item)
    else if (UsingNode.is(node)) for (const table of node.tables) this.#addTables(table)
    else if (TableNode.is(node)) {
      const { name } = node.table.identifier
      if (!this.#expressions.includes(name, this.#visible)) this.#tables.push(name)
    }
  }

  #leave(tables: number, expressions: number, visible: number): void {
    this.#visible = visible
    this.#tables.length = tables
    this.#expressions.length = expressions
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

// Names of tables and columns are few and come again in every statement.
const quoted = new Map<string, string>()
const mostQuoted = 5_000
/** PostgreSQL cuts longer ones. */
const longestName = 63

function quote(name: string): string {
  const known = quoted.get(name)
  if (known !== undefined) return known
  if (typeof name !== 'string') throw new TypeError('A name in a query must be a string.')
  const made = quoteName(name)
  if (quoted.size >= mostQuoted) quoted.clear()
  if (name.length <= longestName) quoted.set(name, made)
  return made
}
