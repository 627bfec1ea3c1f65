// TypeScript and JavaScript: their globals, both kinds of module, object literals, promises.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ImportSource } from '../imports/import-resolution.ts'
import { type Generic, genericTypes } from './annotations.ts'
import type { Dialect } from './dialect.ts'
import { isLibrary } from './name-types.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Generic types of TypeScript; `Unknown` stands for "the argument itself". */
const GENERICS: ReadonlyMap<string, Generic> = new Map([
  ...genericTypes('Array ReadonlyArray Set ReadonlySet', TypeKind.List),
  ...genericTypes('Iterable Iterator IterableIterator Generator', TypeKind.Iterator),
  ...genericTypes('AsyncIterable AsyncIterator AsyncIterableIterator AsyncGenerator', TypeKind.AsyncIterator),
  ...genericTypes('Promise PromiseLike', TypeKind.Awaitable),
  ...genericTypes('Map ReadonlyMap Record WeakMap', TypeKind.Dict, 1),
  ...genericTypes('Partial Required Readonly NonNullable Awaited Pick Omit DeepPartial', TypeKind.Unknown),
])
/** Names that every program of Node has; their members are looked up in the tables under the same name. */
const GLOBALS = new Set(
  'Atomics JSON Promise process Buffer globalThis fetch setTimeout setInterval setImmediate queueMicrotask console'.split(
    ' ',
  ),
)
/** What a module assigns as a whole: `module.exports = …` and `export = …`. */
const WHOLE = 'export='

/** TypeScript's own answers. */
export class TypeScriptDialect implements Dialect {
  readonly isTypeScript = true
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  builtin(text: string): TypeId {
    const { table } = this.#types
    if (text === 'super') return table.outside('builtins.super')
    return GLOBALS.has(text) ? table.outside(text) : UNKNOWN
  }

  /** The names of `export *`, or those of `module.exports = …`. */
  offered(module: number, name: number, depth: number): TypeId {
    const { index, table, nameTypes, members } = this.#types
    const text = name < 0 ? '' : index.trees[module]!.strings.text(name)
    const whole = this.#assignedAsWhole(module)
    if (whole.length > 0) {
      const type = nameTypes.unionOf(module, whole)
      if (text === 'default') return type
      return table.union(table.members(type).map((member) => members.memberOf(module, member, name, text)))
    }
    return text === 'default' ? UNKNOWN : nameTypes.fromStar(module, name, depth)
  }

  #assignedAsWhole(module: number): readonly number[] {
    const { names, index } = this.#types
    return names.bindingsIn(index.firstScope[module]!, this.#types.nameId(WHOLE))
  }

  importedWhole(module: number, tree: SyntaxTree, alias: number): TypeId {
    return this.#types.nameTypes.moduleNamed(module, tree.text(alias))
  }

  importedFrom(module: number, source: ImportSource, name: string): TypeId {
    const { nameTypes } = this.#types
    if (source.module >= 0) return UNKNOWN
    // The default of a library is the library itself, as the compiler treats CommonJS.
    if (name === 'default') return nameTypes.moduleNamed(module, source.name)
    return isLibrary(source.name) ? nameTypes.outside(`${source.name}.${name}`) : UNKNOWN
  }

  dictionary(module: number, _tree: SyntaxTree, node: number): TypeId {
    return this.#types.table.make(TypeKind.Literal, module, node)
  }

  generic(module: number, tree: SyntaxTree, node: number, head: string): TypeId | undefined {
    const generic = GENERICS.get(head)
    if (generic === undefined) return undefined
    const inner = this.#types.annotations.argument(module, tree, node, generic.argument)
    return generic.kind === TypeKind.Unknown ? inner : this.#types.table.wrap(generic.kind, inner)
  }

  bareGeneric(): undefined {
    return undefined
  }

  /** `handler.bind(this)` is the handler. */
  functionMember(callee: TypeId, text: string): TypeId {
    return text === 'bind' ? this.#types.table.wrap(TypeKind.Callable, callee) : UNKNOWN
  }

  specialCall(module: number, tree: SyntaxTree, node: number, name: string): TypeId | undefined {
    switch (name) {
      case 'require':
      case 'import':
        return this.#loaded(module, tree, node, name)
      case 'super':
        return this.#types.calls.aboveClass(module, node)
      default:
        return undefined
    }
  }

  /** `require('x')` and `import('x')`. */
  #loaded(module: number, tree: SyntaxTree, node: number, name: 'require' | 'import'): TypeId | undefined {
    const { table, nameTypes } = this.#types
    const argument = tree.nextSibling(node + 1)
    if (argument < 0 || tree.kind(argument) !== Kind.String || tree.value(argument) < 0) return undefined
    const type = nameTypes.moduleNamed(module, tree.text(argument))
    if (name === 'import') return table.wrap(TypeKind.Awaitable, type)
    // What a CommonJS module assigns as a whole is what `require` gives.
    if (table.kind[type] !== TypeKind.Module) return type
    const other = table.a[type]!
    const whole = this.#assignedAsWhole(other)
    return whole.length > 0 ? nameTypes.unionOf(other, whole) : type
  }

  constructed(callee: TypeId, tree: SyntaxTree, node: number): TypeId | undefined {
    const { table } = this.#types
    const isNew = table.kind[callee] === TypeKind.Outside && tree.has(node, Flag.NEW)
    return isNew ? table.make(TypeKind.OutsideInstance, table.a[callee]!) : undefined
  }

  /** An async function declares the promise that it gives. */
  settled(declared: TypeId): TypeId {
    return this.#types.shapes.awaitedOrSelf(declared)
  }

  /** Awaiting what is no promise gives the thing itself. */
  awaited(type: TypeId): TypeId {
    return this.#types.shapes.awaitedOrSelf(type)
  }
}
