// Annotations: the type that an annotation declares for a value, aliases and generic types included.
import { Kind, Op } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { lastName } from './last-name.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** What a generic type wraps: the kind, and the number of the argument that counts. */
export interface Generic {
  readonly kind: number
  readonly argument: number
}

/** Generic types by the last part of their name. */
export function genericTypes(names: string, kind: number, argument = 0): (readonly [string, Generic])[] {
  return names.split(' ').map((name) => [name, { kind, argument }] as const)
}

const GENERIC_HEADS: ReadonlyMap<string, Generic> = new Map([
  ...genericTypes('list List Sequence MutableSequence Collection Set set FrozenSet frozenset deque', TypeKind.List),
  ...genericTypes('Iterable Iterator Generator', TypeKind.Iterator),
  ...genericTypes('AsyncIterable AsyncIterator AsyncGenerator', TypeKind.AsyncIterator),
  ...genericTypes('Awaitable Future Task', TypeKind.Awaitable),
  ...genericTypes('Coroutine', TypeKind.Awaitable, 2),
  ...genericTypes(
    'ContextManager AbstractContextManager AsyncContextManager AbstractAsyncContextManager',
    TypeKind.Context,
  ),
  ...genericTypes('dict Dict Mapping MutableMapping defaultdict OrderedDict', TypeKind.Dict, 1),
  ...genericTypes('Callable', TypeKind.Callable, 1),
])

/** The generic type of a name that annotations use in every language. */
export const genericNamed = (name: string): Generic | undefined => GENERIC_HEADS.get(name)

/** Reads annotations; remembers each. */
export class Annotations {
  readonly #types: TypeInference
  readonly #known: (Map<number, TypeId> | undefined)[]

  constructor(types: TypeInference) {
    this.#types = types
    this.#known = new Array(types.index.trees.length)
  }

  /** Type that an annotation expression declares for a value. */
  declared(module: number, node: number): TypeId {
    const { questions, index } = this.#types
    let known = this.#known[module]
    if (known === undefined) {
      known = new Map()
      this.#known[module] = known
    }
    const before = known.get(node)
    if (before !== undefined) return before
    if (questions.isTooDeep) return UNKNOWN
    known.set(node, UNKNOWN)
    questions.enter()
    const type = this.#read(module, index.trees[module]!, node)
    questions.leave()
    known.set(node, type)
    return type
  }

  #read(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this.#types
    switch (tree.kind(node)) {
      case Kind.String: {
        const inner = tree.firstChild(node)
        return inner >= 0 ? this.declared(module, inner) : UNKNOWN
      }
      case Kind.None:
        return table.make(TypeKind.None)
      case Kind.BinOp: {
        if (tree.value(node) !== Op.BitOr) return UNKNOWN
        return table.union([this.declared(module, node + 1), this.declared(module, tree.lastChild(node))])
      }
      case Kind.Subscript:
        return this.#withArguments(module, tree, node)
      case Kind.Name:
      case Kind.Attribute:
        return this.#named(module, tree, node)
      default:
        return UNKNOWN
    }
  }

  /** `Head[first, …]`. */
  #withArguments(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table, shapes, dialect } = this.#types
    const head = lastName(tree, node + 1)
    const first = firstArgument(tree, node)
    if (first < 0) return UNKNOWN
    const special = dialect.generic(module, tree, node, head)
    if (special !== undefined) return special
    if (head === 'type' || head === 'Type') return shapes.classesOf(this.declared(module, first))
    if (head === 'tuple' || head === 'Tuple') return this.#tuple(module, tree, node)
    const generic = GENERIC_HEADS.get(head)
    if (generic !== undefined) return table.wrap(generic.kind, this.argument(module, tree, node, generic.argument))
    const base = this.declared(module, node + 1)
    if (table.kind[base] === TypeKind.OutsideInstance) {
      return table.make(TypeKind.OutsideInstance, table.a[base]!, this.declared(module, first))
    }
    return base
  }

  #tuple(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this.#types
    const items: TypeId[] = []
    for (let at = firstArgument(tree, node); at >= 0; at = nextArgument(tree, node, at)) {
      if (tree.kind(at) === Kind.Ellipsis) return table.wrap(TypeKind.List, items[0] ?? UNKNOWN)
      items.push(this.declared(module, at))
    }
    return table.tuple(items)
  }

  /** The type of an argument of `Head[…]` by its place; unknown when there are fewer. */
  argument(module: number, tree: SyntaxTree, node: number, place: number): TypeId {
    let at = firstArgument(tree, node)
    for (let i = 0; i < place && at >= 0; i++) at = nextArgument(tree, node, at)
    return at < 0 ? UNKNOWN : this.declared(module, at)
  }

  #named(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table, dialect, functions, names, shapes } = this.#types
    const text = lastName(tree, node)
    const bare = dialect.bareGeneric(text)
    if (bare !== undefined) return bare
    if (text === 'Self') {
      const owner = functions.classAround(names.scopeOf(module, node))
      if (owner >= 0) return table.make(TypeKind.Instance, owner)
    }
    const alias = this.#alias(module, node)
    if (alias !== undefined) return alias
    return table.union(table.members(this.#types.typeOf(module, node)).map((type) => shapes.instanceOf(type)))
  }

  /** `SessionDep = Annotated[Session, Depends(get_db)]`: an alias is read as an annotation, where it is defined. */
  #alias(module: number, node: number): TypeId | undefined {
    const place = this.#types.definitions.of(module, node)
    if (place === undefined) return undefined
    const tree = this.#types.index.trees[place.module]!
    const value = aliasValue(tree, place.node)
    if (value < 0 || (place.module === module && value === node)) return undefined
    switch (tree.kind(value)) {
      case Kind.Subscript:
      case Kind.BinOp:
      case Kind.Name:
      case Kind.Attribute:
        return this.declared(place.module, value)
      case Kind.Call:
        return this.#made(place.module, tree, value)
      default:
        return undefined
    }
  }

  /** `NewType('Id', int)` and `TypeVar('T', bound=Base)`. */
  #made(module: number, tree: SyntaxTree, call: number): TypeId | undefined {
    const callee = lastName(tree, call + 1)
    const second = tree.child(call, 2)
    if (callee === 'NewType' && second >= 0) return this.declared(module, second)
    if (callee !== 'TypeVar') return undefined
    for (let at = second; at >= 0; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.Keyword && tree.text(at) === 'bound') return this.declared(module, at + 1)
    }
    return UNKNOWN
  }
}

/** The first argument of `Head[…]`, or -1. */
export function firstArgument(tree: SyntaxTree, subscript: number): number {
  const index = tree.nextSibling(subscript + 1)
  return tree.kind(index) === Kind.Tuple ? tree.firstChild(index) : index
}

/** The argument of `Head[…]` behind another, or -1. */
export function nextArgument(tree: SyntaxTree, subscript: number, argument: number): number {
  return argument === tree.nextSibling(subscript + 1) ? -1 : tree.nextSibling(argument)
}

/** What stands on the other side of `Alias = …`, `Alias: TypeAlias = …` or `type Alias = …`; -1 for anything else. */
function aliasValue(tree: SyntaxTree, definition: number): number {
  if (tree.kind(definition) !== Kind.Name) return -1
  const parent = tree.parent(definition)
  switch (tree.kind(parent)) {
    case Kind.Assign:
    case Kind.TypeAlias:
      return tree.lastChild(parent)
    case Kind.AnnAssign:
      return tree.child(parent, 2)
    default:
      return -1
  }
}
