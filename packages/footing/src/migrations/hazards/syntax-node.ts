// Reads the parser's syntax tree: plain JSON whose shape is PostgreSQL's own, so every step is checked.

/** A node of the tree: an object with fields, or one key that names its kind. */
export type SyntaxNode = Readonly<Record<string, unknown>>

/** The value as a node, or undefined. */
export function asNode(value: unknown): SyntaxNode | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SyntaxNode) : undefined // checked here
}

/** The field as a node; empty when it is absent, so that a path may be followed without questions. */
export function field(node: SyntaxNode | undefined, name: string): SyntaxNode {
  return asNode(node?.[name]) ?? {}
}

/** The field as text, `''` when it is absent. */
export function text(node: SyntaxNode | undefined, name: string): string {
  const value = node?.[name]
  return typeof value === 'string' ? value : ''
}

/** The field as a list of nodes. */
export function list(node: SyntaxNode | undefined, name: string): readonly SyntaxNode[] {
  const value = node?.[name]
  return Array.isArray(value) ? value.map(asNode).filter((item) => item !== undefined) : []
}

/** Kind and content of a node such as `{ IndexStmt: {…} }`. */
export function kindOf(node: SyntaxNode): readonly [kind: string, content: SyntaxNode] {
  const [kind = ''] = Object.keys(node)
  return [kind, field(node, kind)]
}

/** `schema.table` or `table` of a RangeVar. */
export function relationName(relation: SyntaxNode): string {
  const schema = text(relation, 'schemaname')
  return schema === '' ? text(relation, 'relname') : `${schema}.${text(relation, 'relname')}`
}

/** The dotted name in a list of String nodes. */
export function dottedName(names: readonly SyntaxNode[]): string {
  return names.map((name) => text(field(name, 'String'), 'sval')).join('.')
}

/** Every node below (and with) this one that has the kind, outermost first. */
export function* nodesOfKind(root: unknown, kind: string): Generator<SyntaxNode> {
  const open: unknown[] = [root]
  while (open.length > 0) {
    const next = open.pop()
    if (Array.isArray(next)) open.push(...next)
    const node = asNode(next)
    if (node === undefined) continue
    const found = asNode(node[kind])
    if (found !== undefined) yield found
    open.push(...Object.values(node))
  }
}
