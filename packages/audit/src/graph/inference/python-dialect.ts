// Python: its builtins, its packages with submodules, its typing module.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { type ImportSource, submoduleOf } from '../imports/import-resolution.ts'
import { firstArgument, genericNamed, nextArgument } from './annotations.ts'
import type { Dialect } from './dialect.ts'
import { FUNCTION_MEMBERS } from './frameworks/known-frameworks.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Heads of annotations that mean their first argument. */
const TRANSPARENT = new Set([
  'Optional',
  'Annotated',
  'ClassVar',
  'Final',
  'Mapped',
  'Required',
  'NotRequired',
  'ReadOnly',
  'InitVar',
  'Depends',
  'SkipJsonSchema',
])
const BARE_GENERICS = new Set('list List dict Dict set Set Generator Iterator Iterable Sequence Callable'.split(' '))
const BUILTINS = new Set(
  'open input print len list dict set tuple str int float bool bytes bytearray object type super isinstance issubclass getattr setattr hasattr sorted reversed enumerate zip map filter iter next anext aiter range sum min max any all abs round repr id hash callable vars dir exec eval compile __import__ frozenset property staticmethod classmethod Exception ValueError KeyError'.split(
    ' ',
  ),
)
/** Builtins whose result has the shape of what they are given. */
const SHAPERS = new Set(
  'super cast type partial list set tuple sorted frozenset iter reversed filter next anext max min enumerate'.split(
    ' ',
  ),
)

/** Python's own answers. */
export class PythonDialect implements Dialect {
  readonly isTypeScript = false
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  builtin(text: string): TypeId {
    return BUILTINS.has(text) ? this.#types.table.outside(`builtins.${text}`) : UNKNOWN
  }

  offered(module: number, name: number, depth: number): TypeId {
    const { modules, index, table, nameTypes } = this.#types
    if (modules.isPackage[module] && name >= 0) {
      const submodule = modules.submodule(module, index.trees[module]!.strings.text(name))
      if (submodule >= 0) return table.make(TypeKind.Module, submodule)
    }
    return nameTypes.fromStar(module, name, depth)
  }

  importedWhole(module: number, tree: SyntaxTree, alias: number): TypeId {
    const { modules, table } = this.#types
    const name = tree.text(alias)
    const whole = tree.firstChild(alias) >= 0 ? name : name.split('.', 1)[0]!
    const found = modules.find(whole, module)
    return found >= 0 ? table.make(TypeKind.Module, found) : table.outside(whole)
  }

  importedFrom(module: number, source: ImportSource, name: string): TypeId {
    const { modules, table, nameTypes } = this.#types
    const submodule = submoduleOf(modules, source, module, name)
    if (submodule >= 0) return table.make(TypeKind.Module, submodule)
    if (source.module >= 0 || source.name === '') return UNKNOWN
    return nameTypes.outside(`${source.name}.${name}`)
  }

  dictionary(module: number, tree: SyntaxTree, node: number): TypeId {
    const value = tree.child(node, 1)
    return this.#types.table.wrap(TypeKind.Dict, value < 0 ? UNKNOWN : this.#types.typeOf(module, value))
  }

  generic(module: number, tree: SyntaxTree, node: number, head: string): TypeId | undefined {
    const { annotations, dependencies, table } = this.#types
    const first = firstArgument(tree, node)
    if (TRANSPARENT.has(head)) {
      const declared = annotations.declared(module, first)
      if (head !== 'Annotated' || declared !== UNKNOWN) return declared
      for (let at = tree.nextSibling(first); at >= 0; at = tree.nextSibling(at)) {
        const provided = dependencies.given(module, tree, at)
        if (provided !== undefined) return provided
      }
      return UNKNOWN
    }
    if (head !== 'Union') return undefined
    const alternatives: TypeId[] = []
    for (let at = first; at >= 0; at = nextArgument(tree, node, at)) {
      alternatives.push(annotations.declared(module, at))
    }
    return table.union(alternatives)
  }

  bareGeneric(text: string): TypeId | undefined {
    const generic = BARE_GENERICS.has(text) ? genericNamed(text) : undefined
    return generic === undefined ? undefined : this.#types.table.wrap(generic.kind, UNKNOWN)
  }

  functionMember(callee: TypeId, text: string): TypeId {
    const { table } = this.#types
    const method = FUNCTION_MEMBERS.get(text)
    return method === undefined ? UNKNOWN : table.make(TypeKind.OutsideMethod, table.outsideNumber(method), callee)
  }

  specialCall(module: number, tree: SyntaxTree, node: number, name: string): TypeId | undefined {
    if (!SHAPERS.has(name)) return undefined
    const { table, calls, shapes, annotations } = this.#types
    if (name === 'super') return calls.aboveClass(module, node)
    if (table.kind[this.#types.typeOf(module, node + 1)] !== TypeKind.Outside) return undefined
    const first = tree.nextSibling(node + 1)
    const argument = first >= 0 && tree.kind(first) !== Kind.Keyword ? first : -1
    switch (name) {
      case 'cast':
        return argument < 0 ? UNKNOWN : annotations.declared(module, argument)
      case 'type':
        if (argument < 0 || tree.nextSibling(argument) >= 0) return UNKNOWN
        return shapes.classesOf(this.#types.typeOf(module, argument))
      case 'partial':
        if (argument < 0) return UNKNOWN
        return table.wrap(TypeKind.Callable, calls.called(module, this.#types.typeOf(module, argument), -1))
      case 'list':
      case 'set':
      case 'tuple':
      case 'sorted':
      case 'frozenset':
        return table.wrap(TypeKind.List, this.#elementOf(module, argument))
      case 'iter':
      case 'reversed':
        return table.wrap(TypeKind.Iterator, this.#elementOf(module, argument))
      case 'filter':
        return table.wrap(TypeKind.Iterator, this.#elementOf(module, argument < 0 ? -1 : tree.nextSibling(argument)))
      case 'next':
      case 'max':
      case 'min':
        return this.#elementOf(module, argument)
      case 'anext':
        return this.#elementOf(module, argument, true)
      default: // enumerate
        return table.wrap(TypeKind.Iterator, table.tuple([UNKNOWN, this.#elementOf(module, argument)]))
    }
  }

  #elementOf(module: number, argument: number, isAsync = false): TypeId {
    if (argument < 0) return UNKNOWN
    return this.#types.shapes.element(module, this.#types.typeOf(module, argument), isAsync)
  }

  constructed(): undefined {
    return undefined
  }

  settled(declared: TypeId): TypeId {
    return declared
  }

  awaited(type: TypeId): TypeId {
    const { table } = this.#types
    return table.union(
      table.members(type).map((member) => {
        const kind = table.kind[member]
        return kind === TypeKind.Awaitable || kind === TypeKind.Context ? table.a[member]! : UNKNOWN
      }),
    )
  }
}
