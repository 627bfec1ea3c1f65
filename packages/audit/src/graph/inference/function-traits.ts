// What a definition says of itself without any inference: whose method it is, of which kind, under which decorators.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { ScopeKind, type SourceIndex } from '../source-index.ts'
import { lastName } from './last-name.ts'

const PROPERTY = new Set([
  'property',
  'cached_property',
  'hybrid_property',
  'abstractproperty',
  'classproperty',
  'locked_cached_property',
  'async_property',
])
const OF_THE_CLASS = new Set(['classmethod', 'validator', 'field_validator'])
const CLASS_BY_NAME = new Set(['__new__', '__init_subclass__', '__class_getitem__'])

/** Decorators that leave the way in which a function is called as it is. */
export const PLAIN_DECORATORS: ReadonlySet<string> = new Set(
  'property cached_property classmethod staticmethod contextmanager asynccontextmanager abstractmethod override wraps lru_cache cache setter'.split(
    ' ',
  ),
)

const NONE: readonly never[] = []

/** The decorators of a definition, outermost first: the nodes of what stands behind the `@`. */
export function decoratorsOf(tree: SyntaxTree, definition: number): readonly number[] {
  let at = tree.firstChild(definition)
  if (at < 0 || tree.kind(at) !== Kind.Decorator) return NONE
  const found: number[] = []
  for (; at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) found.push(at + 1)
  return found
}

/** Reads definitions. */
export class FunctionTraits {
  readonly #index: SourceIndex
  readonly #decorators: (readonly string[] | undefined)[]

  constructor(index: SourceIndex) {
    this.#index = index
    this.#decorators = new Array(index.scopeCount)
  }

  /** The class whose method a function is, or -1. */
  ownerOf(scope: number): number {
    const parent = this.#index.scopeParent[scope]!
    return parent >= 0 && this.#index.scopeKind[parent] === ScopeKind.Class ? parent : -1
  }

  /** Whether a method is called with an instance, with the class, or with neither. */
  methodKind(tree: SyntaxTree, definition: number): 'instance' | 'class' | 'static' {
    if (tree.has(definition, Flag.STATIC) || CLASS_BY_NAME.has(tree.text(definition))) return 'class'
    for (const decorator of decoratorsOf(tree, definition)) {
      const text = lastName(tree, decorator)
      if (OF_THE_CLASS.has(text)) return 'class'
      if (text === 'staticmethod') return 'static'
    }
    return 'instance'
  }

  /** Whether a function's definition says property: its value is read without a call. */
  isProperty(scope: number): boolean {
    const tree = this.#index.trees[this.#index.scopeModule[scope]!]!
    const definition = this.#index.scopeNode[scope]!
    if (tree.kind(definition) !== Kind.FunctionDef) return false
    return tree.has(definition, Flag.GETTER) || this.decoratorNames(scope).some((name) => PROPERTY.has(name))
  }

  /** Whether a function has a decorator that may change how it is called. */
  hasChangingDecorator(scope: number): boolean {
    return this.decoratorNames(scope).some((name) => !PLAIN_DECORATORS.has(name))
  }

  /** The last names of a function's decorators, outermost first: `router.get` gives `get`. */
  decoratorNames(scope: number): readonly string[] {
    const known = this.#decorators[scope]
    if (known !== undefined) return known
    const tree = this.#index.trees[this.#index.scopeModule[scope]!]!
    const nodes = decoratorsOf(tree, this.#index.scopeNode[scope]!)
    const names = nodes.length === 0 ? NONE : nodes.map((decorator) => lastName(tree, decorator))
    this.#decorators[scope] = names
    return names
  }

  /** The innermost class around a scope, itself included, or -1. */
  classAround(scope: number): number {
    for (let at = scope; at >= 0; at = this.#index.scopeParent[at]!) {
      if (this.#index.scopeKind[at] === ScopeKind.Class) return at
    }
    return -1
  }
}
