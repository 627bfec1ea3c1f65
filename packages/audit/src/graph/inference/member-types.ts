// Attributes: what `object.name` is, for modules, classes of the project, libraries and the shapes of the language.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { PairMap } from '../pair-map.ts'
import { MODELS, REVERSE } from './frameworks/known-frameworks.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Definitions of one member that are looked at. */
const MAX_DEFINITIONS = 12
/** Object literals that are spread one into the other. */
const MAX_SPREADS = 4

/** Types of attributes. */
export class MemberTypes {
  readonly #types: TypeInference
  /** Types by object and name. */
  readonly #outside = new PairMap()
  readonly #ofClasses = new PairMap()

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** An attribute that is read. */
  attribute(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this.#types
    const object = this.#types.typeOf(module, node + 1)
    if (object !== UNKNOWN) {
      const found: TypeId[] = []
      for (const member of table.members(object)) {
        found.push(this.memberOf(module, member, tree.name(node), tree.text(node)))
      }
      const type = table.union(found)
      if (type !== UNKNOWN) return type
    }
    return this.#types.storedAttributes.typeOf(module, tree, node, object)
  }

  /** What a method of a type gives when the language calls it: `__truediv__`. */
  resultOfMethod(module: number, object: TypeId, name: string): TypeId {
    const { table, calls } = this.#types
    const id = this.#types.nameId(name)
    return table.union(
      table.members(object).map((type) => calls.called(module, this.memberOf(module, type, id, name), -1)),
    )
  }

  /** Type of an attribute of a type that is no union. `text` is the text of `name`. */
  memberOf(module: number, object: TypeId, name: number, text: string): TypeId {
    const { table } = this.#types
    const a = table.a[object]!
    switch (table.kind[object]) {
      case TypeKind.Module:
        return this.#types.nameTypes.exportOf(a, name)
      case TypeKind.Outside:
      case TypeKind.OutsideInstance:
        return this.#ofLibrary(module, object, name, text)
      case TypeKind.Instance:
      case TypeKind.Class:
        return this.#ofClass(object, name, text)
      case TypeKind.Super:
        return this.#aboveClass(a, table.b[object]!, name, text)
      case TypeKind.Literal:
        return this.#ofLiteral(a, table.b[object]!, text, 0)
      case TypeKind.Function:
        return this.#types.dialect.functionMember(object, text)
      case TypeKind.Dict:
        return this.#ofDictionary(a, text)
      case TypeKind.List:
        if (text === 'pop' || text === 'popleft') return table.wrap(TypeKind.Callable, a)
        return text === 'copy' ? table.wrap(TypeKind.Callable, object) : UNKNOWN
      default:
        return UNKNOWN
    }
  }

  #ofDictionary(value: TypeId, text: string): TypeId {
    const { table } = this.#types
    switch (text) {
      case 'values':
        return table.wrap(TypeKind.Callable, table.wrap(TypeKind.Iterator, value))
      case 'items':
        return table.wrap(TypeKind.Callable, table.wrap(TypeKind.Iterator, table.tuple([UNKNOWN, value])))
      case 'get':
      case 'pop':
      case 'setdefault':
        return table.wrap(TypeKind.Callable, value)
      default:
        return UNKNOWN
    }
  }

  /** The value of a key of an object literal; what is spread into it is looked into. */
  #ofLiteral(module: number, dictionary: number, text: string, depth: number): TypeId {
    const { index, table } = this.#types
    const tree = index.trees[module]!
    let spread: TypeId = UNKNOWN
    for (let at = tree.firstChild(dictionary); at >= 0; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.DictUnpack) {
        const type = this.#types.typeOf(module, at + 1)
        const isLiteral = table.kind[type] === TypeKind.Literal && depth < MAX_SPREADS
        if (isLiteral) spread = this.#ofLiteral(table.a[type]!, table.b[type]!, text, depth + 1)
        continue
      }
      const isKey = tree.kind(at) === Kind.String && tree.value(at) >= 0 && tree.text(at) === text
      at = tree.nextSibling(at)
      if (at < 0) break
      if (isKey) return this.#types.typeOf(module, at)
    }
    return spread
  }

  // Libraries ----------------------------------------------------------------------------------------------------

  #ofLibrary(module: number, object: TypeId, name: number, text: string): TypeId {
    const { table } = this.#types
    const known = name < 0 ? -1 : this.#outside.get(object, name)
    if (known >= 0) return known
    const owner = table.outsideName(table.a[object]!)
    if (table.kind[object] === TypeKind.OutsideInstance) {
      const type = this.#ofLibraryInstance(object, owner, text)
      if (name >= 0) this.#outside.set(object, name, type)
      return type
    }
    const mayBeOurs = this.#mayOwn(owner)
    const type = this.#ofLibraryName(module, object, owner, text, mayBeOurs)
    // Which module of ours a name means depends on who asks.
    if (!mayBeOurs && name >= 0) this.#outside.set(object, name, type)
    return type
  }

  #mayOwn(name: string): boolean {
    const dot = name.indexOf('.')
    return this.#types.modules.mayOwn(dot < 0 ? name : name.slice(0, dot))
  }

  #ofLibraryName(module: number, object: TypeId, owner: string, text: string, mayBeOurs: boolean): TypeId {
    const { libraries, modules, table, nameTypes } = this.#types
    if (libraries.classOf(owner) !== undefined) {
      const listed = this.#listed(owner, object, text)
      if (listed !== undefined) return listed
    }
    // A namespace package of the project has no module of its own.
    const full = `${owner}.${text}`
    const found = mayBeOurs ? modules.find(full, module) : -1
    return found >= 0 ? table.make(TypeKind.Module, found) : nameTypes.outside(full)
  }

  #ofLibraryInstance(object: TypeId, owner: string, text: string): TypeId {
    const listed = this.#listed(owner, object, text)
    if (listed !== undefined) return listed
    const any = this.#types.libraries.methodOf(owner, '__getattr__')
    return any?.entry.returns === undefined ? UNKNOWN : this.#types.libraryTypes.read(any.entry.returns, object, -1, -1)
  }

  /** An attribute or method that the library tables list for a class. */
  #listed(owner: string, object: TypeId, text: string): TypeId | undefined {
    const { libraries, libraryTypes, table } = this.#types
    const type = libraries.attributeOf(owner, text)
    if (type !== undefined) return libraryTypes.read(type, object, -1, -1)
    const method = libraries.methodOf(owner, text)
    if (method === undefined) return undefined
    return table.make(TypeKind.OutsideMethod, table.outsideNumber(`${method.owner}.${text}`), object)
  }

  // Classes of the project ---------------------------------------------------------------------------------------

  #ofClass(object: TypeId, name: number, text: string): TypeId {
    const { table, questions } = this.#types
    const known = name < 0 ? -1 : this.#ofClasses.get(object, name)
    if (known >= 0) return known
    const circles = questions.circles
    const type = this.#inClass(object, name, text, table.kind[object] === TypeKind.Instance)
    // "Unknown" in the middle of a circle of questions is no answer to keep.
    if (name >= 0 && (type !== UNKNOWN || circles === questions.circles)) this.#ofClasses.set(object, name, type)
    return type
  }

  #inClass(object: TypeId, name: number, text: string, onInstance: boolean): TypeId {
    const { classes, table } = this.#types
    const scope = table.a[object]!
    const member = classes.find(scope, name)
    if (member !== undefined) {
      const type = this.#value(member.scope, member.nodes, object, onInstance)
      if (type !== UNKNOWN) return type
      // `_repos = None` in a base, set by a subclass or mixin.
    }
    const inBase = this.#inLibraryBase(scope, object, text)
    if (inBase !== UNKNOWN || !onInstance || name < 0 || !classes.derivesFrom(scope, MODELS)) return inBase
    return this.#types.modelFields.reverse(scope, name)
  }

  /** `super().name`. */
  #aboveClass(scope: number, instance: TypeId, name: number, text: string): TypeId {
    const { table, classes } = this.#types
    const isOfClass = table.kind[instance] === TypeKind.Instance || table.kind[instance] === TypeKind.Class
    const start = isOfClass ? table.a[instance]! : scope
    const member = classes.find(start, name, scope)
    if (member !== undefined) return this.#value(member.scope, member.nodes, instance, true)
    return this.#inLibraryBase(start, instance, text)
  }

  #inLibraryBase(scope: number, object: TypeId, text: string): TypeId {
    const { classes, table } = this.#types
    for (const ancestor of classes.ancestors(scope)) {
      if (ancestor.scope >= 0) continue
      const listed = this.#listed(ancestor.outside, object, text)
      if (listed !== undefined) return listed
    }
    const reverse = REVERSE.find(({ suffix }) => text.endsWith(suffix))
    if (reverse !== undefined && classes.derivesFrom(scope, MODELS)) return table.outsideInstance(reverse.gives)
    return UNKNOWN
  }

  /** What the definitions of a member are, read on an object. */
  #value(owner: number, nodes: readonly number[], object: TypeId, onInstance: boolean): TypeId {
    const { index, table } = this.#types
    const module = index.scopeModule[owner]!
    const tree = index.trees[module]!
    const found: TypeId[] = []
    for (let i = 0; i < nodes.length && i < MAX_DEFINITIONS; i++) {
      const node = nodes[i]!
      found.push(
        tree.kind(node) === Kind.FunctionDef
          ? this.#method(module, tree, node, object, onInstance)
          : this.#field(module, tree, node, object, onInstance),
      )
    }
    return table.union(found)
  }

  #method(module: number, tree: SyntaxTree, node: number, object: TypeId, onInstance: boolean): TypeId {
    const { functions, names, results, table } = this.#types
    const scope = names.scopeAt(module, node)
    if (functions.isProperty(scope)) return onInstance ? results.received(scope, results.of(scope), object) : UNKNOWN
    const how = functions.methodKind(tree, node)
    const isBound = how === 'static' ? false : onInstance || how === 'class'
    return table.make(TypeKind.Function, scope, isBound ? object : 0)
  }

  #field(module: number, tree: SyntaxTree, node: number, object: TypeId, onInstance: boolean): TypeId {
    const { modelFields, table } = this.#types
    const type = this.#types.typeOf(module, node)
    if (onInstance) return modelFields.value(module, tree, node, type)
    return table.kind[object] === TypeKind.Class ? modelFields.manager(type, object) : type
  }
}
