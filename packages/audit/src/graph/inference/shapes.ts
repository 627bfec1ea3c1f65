// Shapes: what is inside of a promise, a list, a context, a subscript.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Takes types apart. */
export class Shapes {
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** The inside of a promise, or the type itself; a union is looked at as a whole. */
  withoutPromise(type: TypeId): TypeId {
    const { table } = this.#types
    return table.kind[type] === TypeKind.Awaitable ? table.a[type]! : type
  }

  /** What is inside of a promise, or the type itself, for each alternative. */
  awaitedOrSelf(type: TypeId): TypeId {
    const { table } = this.#types
    return table.union(table.members(type).map((one) => this.withoutPromise(one)))
  }

  /** What iterating gives. */
  element(module: number, type: TypeId, isAsync: boolean): TypeId {
    const { table } = this.#types
    return table.union(table.members(type).map((member) => this.#elementOf(module, member, isAsync)))
  }

  #elementOf(module: number, type: TypeId, isAsync: boolean): TypeId {
    const { table } = this.#types
    switch (table.kind[type]) {
      case TypeKind.List:
      case TypeKind.Iterator:
      case TypeKind.AsyncIterator:
        return table.a[type]!
      case TypeKind.Tuple:
        return table.union(table.items(type))
      case TypeKind.Instance:
      case TypeKind.OutsideInstance: {
        const method = isAsync ? '__aiter__' : '__iter__'
        const result = this.withoutPromise(this.#special(module, type, method))
        if (table.kind[result] === TypeKind.Iterator || table.kind[result] === TypeKind.AsyncIterator)
          return table.a[result]!
        return table.kind[type] === TypeKind.OutsideInstance || table.b[type] !== 0 ? result : UNKNOWN
      }
      default:
        return UNKNOWN
    }
  }

  /** What `with … as x` gives. */
  entered(module: number, type: TypeId, isAsync: boolean): TypeId {
    const { table } = this.#types
    return table.union(table.members(type).map((member) => this.#enteredOf(module, member, isAsync)))
  }

  #enteredOf(module: number, type: TypeId, isAsync: boolean): TypeId {
    const { table } = this.#types
    switch (table.kind[type]) {
      case TypeKind.Context:
      case TypeKind.Iterator:
      case TypeKind.AsyncIterator:
        return table.a[type]!
      case TypeKind.Instance:
      case TypeKind.OutsideInstance: {
        const method = isAsync ? '__aenter__' : '__enter__'
        const enter = this.#types.members.memberOf(module, type, this.#types.nameId(method), method)
        return enter === UNKNOWN ? type : this.withoutPromise(this.#types.calls.called(module, enter, -1))
      }
      default:
        return UNKNOWN
    }
  }

  /** `object[index]`. */
  subscript(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this.#types
    const object = this.#types.typeOf(module, node + 1)
    const index = tree.nextSibling(node + 1)
    return table.union(table.members(object).map((member) => this.#subscriptOf(module, tree, index, member)))
  }

  #subscriptOf(module: number, tree: SyntaxTree, index: number, type: TypeId): TypeId {
    const { table } = this.#types
    switch (table.kind[type]) {
      case TypeKind.Class:
      case TypeKind.Outside:
        return type
      case TypeKind.List:
        return tree.kind(index) === Kind.Slice ? type : table.a[type]!
      case TypeKind.Dict:
        return table.a[type]!
      case TypeKind.Tuple: {
        const items = table.items(type)
        return tree.kind(index) === Kind.Number ? (items[tree.value(index)] ?? UNKNOWN) : table.union(items)
      }
      case TypeKind.OutsideInstance:
      case TypeKind.Instance:
        return tree.kind(index) === Kind.Slice ? type : this.#special(module, type, '__getitem__')
      default:
        return UNKNOWN
    }
  }

  /** What a method that the language calls gives; unknown without one. */
  #special(module: number, type: TypeId, method: string): TypeId {
    const member = this.#types.members.memberOf(module, type, this.#types.nameId(method), method)
    return member === UNKNOWN ? UNKNOWN : this.#types.calls.called(module, member, -1)
  }

  /** An instance of a class. */
  instanceOf(type: TypeId): TypeId {
    const { table } = this.#types
    if (table.kind[type] === TypeKind.Class) return table.make(TypeKind.Instance, table.a[type]!)
    if (table.kind[type] !== TypeKind.Outside) return UNKNOWN
    const name = table.outsideName(table.a[type]!)
    if (name === 'typing.Any' || name === 'builtins.object') return UNKNOWN
    return table.make(TypeKind.OutsideInstance, table.a[type]!)
  }

  /** The classes of instances. */
  classesOf(type: TypeId): TypeId {
    const { table } = this.#types
    return table.union(
      table.members(type).map((member) => {
        if (table.kind[member] === TypeKind.Instance) return table.make(TypeKind.Class, table.a[member]!)
        if (table.kind[member] === TypeKind.OutsideInstance) return table.make(TypeKind.Outside, table.a[member]!)
        return UNKNOWN
      }),
    )
  }

  /** Whether a type is text. */
  isText(type: TypeId): boolean {
    return type === this.#types.table.outsideInstance('builtins.str')
  }
}
