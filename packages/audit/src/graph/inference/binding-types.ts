// Bindings: what flows into a target that is assigned to, and into a parameter.
import { Flag, Kind, ParamKind, paramKind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Types of targets and parameters. */
export class BindingTypes {
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** Type that flows into a target (Name, Attribute, Tuple, List or Starred that is stored to). */
  assigned(module: number, tree: SyntaxTree, target: number): TypeId {
    const types = this.#types
    const parent = tree.parent(target)
    switch (tree.kind(parent)) {
      case Kind.Assign:
      case Kind.NamedExpr:
        return types.typeOf(module, tree.lastChild(parent))
      case Kind.AnnAssign:
        return this.#declared(module, tree, parent)
      case Kind.For:
      case Kind.Comprehension: {
        const iterated = types.typeOf(module, tree.child(parent, 1))
        return types.shapes.element(module, iterated, tree.has(parent, Flag.ASYNC))
      }
      case Kind.WithItem: {
        const context = types.typeOf(module, parent + 1)
        return types.shapes.entered(module, context, tree.has(tree.parent(parent), Flag.ASYNC))
      }
      case Kind.Starred:
        return types.table.wrap(TypeKind.List, UNKNOWN)
      case Kind.PatternProperty:
        return this.#property(module, tree, parent, target)
      case Kind.Tuple:
      case Kind.List:
        return this.#item(module, tree, parent, target)
      default:
        return UNKNOWN
    }
  }

  /** `x: T = value`: the annotation decides, then what a dependency provides, then the value. */
  #declared(module: number, tree: SyntaxTree, statement: number): TypeId {
    const declared = this.#types.annotations.declared(module, tree.child(statement, 1))
    const value = tree.child(statement, 2)
    if (value < 0) return declared
    const provided = this.#types.dependencies.given(module, tree, value)
    if (declared !== UNKNOWN) return declared
    return provided ?? this.#types.typeOf(module, value)
  }

  /** `const { key: target } = whole`. */
  #property(module: number, tree: SyntaxTree, property: number, target: number): TypeId {
    if (tree.value(property) < 0 || tree.firstChild(property) !== target) return UNKNOWN
    const { table, members } = this.#types
    const whole = this.assigned(module, tree, tree.parent(property))
    const name = tree.name(property)
    const text = tree.text(property)
    return table.union(table.members(whole).map((one) => members.memberOf(module, one, name, text)))
  }

  /** `a, b = whole`. */
  #item(module: number, tree: SyntaxTree, list: number, target: number): TypeId {
    let place = 0
    for (let at = tree.firstChild(list); at >= 0 && at !== target; at = tree.nextSibling(at)) place++
    const whole = this.assigned(module, tree, list)
    const items = this.#types.table.items(whole)
    return items.length > 0 ? (items[place] ?? UNKNOWN) : this.#types.shapes.element(module, whole, false)
  }

  /** A parameter: its annotation, its standard value, or the object whose method the function is. */
  parameter(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this.#types
    const flags = tree.flags(node)
    const hasAnnotation = (flags & Flag.HAS_ANNOTATION) !== 0
    const first = tree.firstChild(node)
    if (hasAnnotation) {
      const declared = this.#types.annotations.declared(module, first)
      const kind = paramKind(flags)
      if (kind === ParamKind.VarArgs) return table.wrap(TypeKind.List, declared)
      if (kind === ParamKind.VarKeywords) return table.wrap(TypeKind.Dict, declared)
      if (declared !== UNKNOWN) return declared
    }
    if ((flags & Flag.HAS_DEFAULT) !== 0) {
      const standard = hasAnnotation ? tree.nextSibling(first) : first
      const provided = this.#types.dependencies.given(module, tree, standard)
      if (provided !== undefined) return provided
      const type = this.#types.typeOf(module, standard)
      if (table.kind[type] !== TypeKind.None) return type
    }
    return this.#receiver(module, tree, node)
  }

  /** `self` and `cls`: the first parameter of a method. */
  #receiver(module: number, tree: SyntaxTree, parameter: number): TypeId {
    const { functions, names, table } = this.#types
    const definition = tree.parent(parameter)
    if (tree.kind(definition) !== Kind.FunctionDef) return UNKNOWN
    const owner = functions.ownerOf(names.scopeAt(module, definition))
    if (owner < 0 || tree.childOf(definition, Kind.Param) !== parameter) return UNKNOWN
    const how = functions.methodKind(tree, definition)
    if (how === 'static') return UNKNOWN
    return table.make(how === 'class' ? TypeKind.Class : TypeKind.Instance, owner)
  }
}
