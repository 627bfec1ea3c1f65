// Calls: what calling a value of a type gives.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Types of calls. */
export class CallTypes {
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** A call that is written. */
  written(module: number, tree: SyntaxTree, node: number): TypeId {
    const { dialect } = this.#types
    if (tree.kind(node + 1) === Kind.Name) {
      const special = dialect.specialCall(module, tree, node, tree.text(node + 1))
      if (special !== undefined) return special
    }
    const callee = this.#types.typeOf(module, node + 1)
    if (callee === UNKNOWN) return UNKNOWN
    return dialect.constructed(callee, tree, node) ?? this.called(module, callee, node)
  }

  /** `super()`, when the name means what it usually does: the classes above the one around the call. */
  aboveClass(module: number, node: number): TypeId | undefined {
    const { table, functions, names } = this.#types
    if (table.kind[this.#types.typeOf(module, node + 1)] !== TypeKind.Outside) return undefined
    const owner = functions.classAround(names.scopeOf(module, node))
    return owner < 0 ? UNKNOWN : table.make(TypeKind.Super, owner, table.make(TypeKind.Instance, owner))
  }

  /** Result of calling a value of a type. `call` is the Call node in `module`, -1 when the arguments are not known. */
  called(module: number, callee: TypeId, call: number): TypeId {
    const { table, results, libraries, libraryTypes } = this.#types
    const a = table.a[callee]!
    switch (table.kind[callee]) {
      case TypeKind.Union:
        return table.union(table.members(callee).map((member) => this.called(module, member, call)))
      case TypeKind.Class:
        return table.make(TypeKind.Instance, a)
      case TypeKind.Function:
        return results.received(a, results.of(a), table.b[callee]!)
      case TypeKind.Callable:
        return a
      case TypeKind.Outside:
        return this.#ofLibrary(module, callee, table.outsideName(a), call)
      case TypeKind.OutsideMethod: {
        const entry = libraryTypes.entryOf(table.outsideName(a))
        return entry === undefined ? UNKNOWN : libraryTypes.resultOf(entry, table.b[callee]!, module, call)
      }
      case TypeKind.Instance: {
        const method = this.#types.members.memberOf(module, callee, this.#types.nameId('__call__'), '__call__')
        return method === UNKNOWN ? UNKNOWN : this.called(module, method, call)
      }
      case TypeKind.OutsideInstance: {
        const method = libraries.methodOf(table.outsideName(a), '__call__')
        return method === undefined ? UNKNOWN : libraryTypes.resultOf(method.entry, callee, module, call)
      }
      default:
        return UNKNOWN
    }
  }

  /** A call of what a library exports: a listed function, a class, or a method by its full name. */
  #ofLibrary(module: number, callee: TypeId, name: string, call: number): TypeId {
    const { table, libraries, libraryTypes } = this.#types
    const entry = libraries.functionOf(name)
    if (entry !== undefined) return libraryTypes.resultOf(entry, callee, module, call)
    const dot = name.lastIndexOf('.')
    // A class by its spelling: enough to say "an instance of that", never enough for a finding.
    const initial = name.charCodeAt(dot + 1)
    const isClass = libraries.classOf(name) !== undefined || (initial >= 65 && initial <= 90)
    if (isClass || name.startsWith('builtins.')) return table.make(TypeKind.OutsideInstance, table.a[callee]!)
    const method = dot > 0 ? libraries.methodOf(name.slice(0, dot), name.slice(dot + 1)) : undefined
    return method === undefined ? UNKNOWN : libraryTypes.resultOf(method.entry, callee, module, call)
  }
}
