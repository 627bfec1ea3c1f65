// Fields of models: what a declared field gives when it is read, and managers that know the model they hang on.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { ScopeKind } from '../source-index.ts'
import { FIELDS, MANAGERS, MODELS, REVERSE_KEYWORDS } from './frameworks/known-frameworks.ts'
import { lastName } from './last-name.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** A field that names itself on the other side. */
interface ReverseName {
  readonly module: number
  readonly call: number
  /** The model that has the field. */
  readonly owner: number
  readonly gives: string
  readonly isOne: boolean
}

/** Reads the fields of models as the frameworks of the tables do. */
export class ModelFields {
  readonly #types: TypeInference
  #byName: Map<number, number[]> | undefined
  #byReverse: Map<number, ReverseName[]> | undefined

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

  /** `organization.users` of `ForeignKey(Organization, related_name='users')`: the manager of those who point here. */
  reverse(scope: number, name: number): TypeId {
    const { table, classes } = this.#types
    for (const { module, call, owner, gives, isOne } of this.#reverses().get(name) ?? []) {
      const related = this.#related(module, this.#types.index.trees[module]!, call)
      if (table.kind[related] !== TypeKind.Instance) continue
      if (!classes.ancestors(scope).some((ancestor) => ancestor.scope === table.a[related]!)) continue
      const instance = table.make(TypeKind.Instance, owner)
      return isOne ? instance : table.outsideInstance(gives, instance)
    }
    return UNKNOWN
  }

  /** Fields of models by the name that they have on the other side. */
  #reverses(): ReadonlyMap<number, readonly ReverseName[]> {
    if (this.#byReverse !== undefined) return this.#byReverse
    const { index } = this.#types
    this.#byReverse = new Map()
    for (const { keyword, gives } of REVERSE_KEYWORDS) {
      const id = this.#types.nameId(keyword)
      for (let module = 0; module < index.trees.length && id >= 0; module++) {
        const tree = index.trees[module]!
        if (!tree.mentions(id)) continue
        for (let number = index.firstCall[module]!; number < index.firstCall[module + 1]!; number++) {
          const owner = index.callScope[number]!
          if (index.scopeKind[owner] !== ScopeKind.Class) continue
          const call = index.callNode[number]!
          const named = this.#types.argumentOf(module, call, -1, keyword)
          if (named < 0 || tree.kind(named) !== Kind.String || tree.value(named) < 0) continue
          const list = this.#byReverse.get(tree.name(named))
          const isOne = lastName(tree, call) === 'OneToOneField'
          const item = { module, call, owner, gives, isOne }
          if (list === undefined) this.#byReverse.set(tree.name(named), [item])
          else list.push(item)
        }
      }
    }
    return this.#byReverse
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
