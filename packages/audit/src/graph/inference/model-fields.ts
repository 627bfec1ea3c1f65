// Fields of models: what a declared field gives when it is read, and managers that know the model they hang on.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { ScopeKind } from '../source-index.ts'
import { FIELDS, MANAGERS, MODELS } from './frameworks/known-frameworks.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Reads the fields of models as the frameworks of the tables do. */
export class ModelFields {
  readonly #types: TypeInference
  #byName: Map<number, number[]> | undefined

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** `objects = OrderManager()` on a model: the manager knows its model. */
  manager(type: TypeId, model: TypeId): TypeId {
    const { table, classes } = this.#types
    const instance = table.make(TypeKind.Instance, table.a[model]!)
    const kind = table.kind[type]
    if ((kind !== TypeKind.Instance && kind !== TypeKind.OutsideInstance) || table.b[type] !== 0) return type
    const isManager =
      kind === TypeKind.Instance
        ? classes.derivesFrom(table.a[type]!, MANAGERS)
        : MANAGERS.has(table.outsideName(table.a[type]!))
    return isManager ? table.make(kind, table.a[type]!, instance) : type
  }

  /** What reading a declared field gives on an instance: the related object, a manager or a file; else its own type. */
  value(module: number, tree: SyntaxTree, node: number, type: TypeId): TypeId {
    const { table } = this.#types
    if (table.kind[type] !== TypeKind.OutsideInstance) return type
    const name = table.outsideName(table.a[type]!)
    const field = FIELDS.get(name.slice(name.lastIndexOf('.') + 1))
    if (field === undefined) return type
    if ('gives' in field.value) return table.outsideInstance(field.value.gives)
    const value = tree.lastChild(tree.parent(node))
    const related = tree.kind(value) === Kind.Call ? this.#related(module, tree, value) : UNKNOWN
    return field.value.relates === 'many' ? table.outsideInstance(field.manager, related) : related
  }

  /** The model that a field names: `ForeignKey(Order)`, `ForeignKey('shop.Order')`, `ForeignKey(to='self')`. */
  #related(module: number, tree: SyntaxTree, call: number): TypeId {
    const { table, functions, names, classes } = this.#types
    let argument = tree.nextSibling(call + 1)
    for (let at = argument; at >= 0; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.Keyword && tree.text(at) === 'to') argument = at + 1
    }
    if (argument < 0) return UNKNOWN
    if (tree.kind(argument) !== Kind.String) {
      const type = this.#types.typeOf(module, argument)
      return table.kind[type] === TypeKind.Class ? table.make(TypeKind.Instance, table.a[type]!) : UNKNOWN
    }
    const text = tree.text(argument)
    if (text === 'self') {
      const owner = functions.classAround(names.scopeOf(module, call))
      return owner >= 0 ? table.make(TypeKind.Instance, owner) : UNKNOWN
    }
    const named = this.#classesNamed(text.slice(text.lastIndexOf('.') + 1)).filter((scope) =>
      classes.derivesFrom(scope, MODELS),
    )
    return named.length === 1 ? table.make(TypeKind.Instance, named[0]!) : UNKNOWN
  }

  /** Classes of the project with this simple name. */
  #classesNamed(name: string): readonly number[] {
    const { index } = this.#types
    if (this.#byName === undefined) {
      this.#byName = new Map()
      for (let scope = 0; scope < index.scopeCount; scope++) {
        if (index.scopeKind[scope] !== ScopeKind.Class) continue
        const id = index.scopeName[scope]!
        const list = this.#byName.get(id)
        if (list === undefined) this.#byName.set(id, [scope])
        else list.push(scope)
      }
    }
    return this.#byName.get(this.#types.nameId(name)) ?? []
  }
}
