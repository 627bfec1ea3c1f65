// Reads the compact syntax tree of one file: a cursor over typed arrays, nodes are plain numbers.
import { Kind, NO_VALUE, NODE_WORDS, type Strings } from './contract.ts'

/** What one file's facts are made of; every array is a view and may lie in shared memory. */
export interface TreeParts {
  /** Path below the audited root, `/` between segments. */
  readonly path: string
  readonly nodes: Int32Array
  /** The file's strings: local id (a node's value) to the run's number in `Strings`. */
  readonly names: Int32Array
  /** Comments as pairs: line, local string id (NO_VALUE unless the comment speaks to a checker: `footing:`, `noqa` …). */
  readonly comments: Int32Array
}

/**
 * The syntax of one file. Walk it linearly (`for (let n = 0; n < tree.size; n++)`: every node, source order) or by
 * `firstChild` and `nextSibling`. A generated file may nest thousands of levels (`a + b + …`), so do not recurse
 * without a limit. Asking for `name` or `text` of a kind whose value is no string gives nonsense: look at `Kind` first.
 */
export class SyntaxTree {
  readonly path: string
  readonly nodes: Int32Array
  readonly names: Int32Array
  readonly comments: Int32Array
  readonly strings: Strings
  /** Number of nodes; they are 0 … size - 1 and 0 is the module. */
  readonly size: number

  constructor(parts: TreeParts, strings: Strings) {
    this.path = parts.path
    this.nodes = parts.nodes
    this.names = parts.names
    this.comments = parts.comments
    this.strings = strings
    this.size = parts.nodes.length / NODE_WORDS
  }

  kind(node: number): number {
    return this.nodes[node * NODE_WORDS]! & 127
  }

  flags(node: number): number {
    return (this.nodes[node * NODE_WORDS]! >>> 7) & 511
  }

  has(node: number, flag: number): boolean {
    return ((this.nodes[node * NODE_WORDS]! >>> 7) & flag) !== 0
  }

  /** 0-based, in UTF-8 bytes, saturating at 65,535. */
  column(node: number): number {
    return this.nodes[node * NODE_WORDS]! >>> 16
  }

  /** 1-based. */
  line(node: number): number {
    return this.nodes[node * NODE_WORDS + 1]!
  }

  /** The first node number after this node's last descendant. */
  end(node: number): number {
    return this.nodes[node * NODE_WORDS + 2]!
  }

  /** -1 for the module. */
  parent(node: number): number {
    return this.nodes[node * NODE_WORDS + 3]!
  }

  /** The raw value word: string id of the file, operator or number. */
  value(node: number): number {
    return this.nodes[node * NODE_WORDS + 4]!
  }

  /** -1 when the node has no child. */
  firstChild(node: number): number {
    return this.end(node) > node + 1 ? node + 1 : -1
  }

  /** -1 for the last child. */
  nextSibling(node: number): number {
    const parent = this.parent(node)
    const next = this.end(node)
    return parent >= 0 && next < this.end(parent) ? next : -1
  }

  /** The child number `index` (0-based), or -1. */
  child(node: number, index: number): number {
    let at = this.firstChild(node)
    for (let left = index; at >= 0 && left > 0; left--) at = this.nextSibling(at)
    return at
  }

  lastChild(node: number): number {
    let at = this.firstChild(node)
    for (let next = at; next >= 0; next = this.nextSibling(next)) at = next
    return at
  }

  childCount(node: number): number {
    let count = 0
    for (let at = this.firstChild(node); at >= 0; at = this.nextSibling(at)) count++
    return count
  }

  /** The first child of that kind, or -1. */
  childOf(node: number, kind: number): number {
    for (let at = this.firstChild(node); at >= 0; at = this.nextSibling(at)) if (this.kind(at) === kind) return at
    return -1
  }

  /** The run-wide number of the node's string (`Strings.id`), or -1. */
  name(node: number): number {
    const local = this.value(node)
    return local === NO_VALUE ? -1 : this.names[local]!
  }

  /** The node's string, or '' when it has none. */
  text(node: number): string {
    const id = this.name(node)
    return id < 0 ? '' : this.strings.text(id)
  }

  /** Whether the file mentions this run-wide string number at all: the quick way to skip a file. */
  mentions(id: number): boolean {
    return id >= 0 && this.names.includes(id)
  }

  /** The innermost FunctionDef, Lambda, ClassDef or Module around a node (not the node itself); -1 for the module. */
  scope(node: number): number {
    for (let at = this.parent(node), from = node; at >= 0; from = at, at = this.parent(at)) {
      const kind = this.kind(at)
      if (kind === Kind.Module) return at
      if ((kind === Kind.FunctionDef || kind === Kind.ClassDef) && this.kind(from) === Kind.Body) return at
      if (kind === Kind.Lambda && this.kind(from) !== Kind.Param) return at
    }
    return -1
  }

  /** The innermost FunctionDef or Lambda whose body runs this node, or -1 at module or class level. */
  enclosingFunction(node: number): number {
    for (let at = this.scope(node); at > 0; at = this.scope(at)) if (this.kind(at) !== Kind.ClassDef) return at
    return -1
  }

  /** The nearest ancestor of that kind, or -1. */
  ancestor(node: number, kind: number): number {
    for (let at = this.parent(node); at >= 0; at = this.parent(at)) if (this.kind(at) === kind) return at
    return -1
  }

  /** The statement a node belongs to (itself when it is one). */
  statement(node: number): number {
    for (let at = node; at >= 0; at = this.parent(at)) {
      const kind = this.kind(at)
      if (kind >= Kind.FunctionDef && kind <= Kind.Continue && kind !== Kind.Alias && kind !== Kind.AsName) return at
    }
    return 0
  }

  /** `await f()`: the node is the operand of an await. */
  isAwaited(node: number): boolean {
    return this.kind(this.parent(node)) === Kind.Await
  }

  /** The whole statement is this expression: nobody uses its result (an `await` around it is looked through). */
  isUnused(node: number): boolean {
    const parent = this.parent(node)
    const kind = this.kind(parent)
    return kind === Kind.Expr || (kind === Kind.Await && this.kind(this.parent(parent)) === Kind.Expr)
  }

  /** `a.b.c` of a Name or a chain of Attributes over a Name, else ''. */
  dotted(node: number): string {
    let at = node
    let path = ''
    for (; this.kind(at) === Kind.Attribute; at++) path = `.${this.text(at)}${path}`
    return this.kind(at) === Kind.Name ? this.text(at) + path : ''
  }
}
