// What an expression may be: inferred on question, remembered per node, never by running anything.
//
// Types come from annotations, constructors, results of functions, attributes set in methods or class bodies,
// properties, dependency providers and the library tables. A question costs what it has to look at and no more.
import { Flag, Kind, Op, ParamKind, paramKind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { type ImportSource, importSource, outsideName, submoduleOf } from '../imports/import-resolution.ts'
import type { ModuleMap } from '../imports/module-map.ts'
import type { LibraryEntry, LibraryIndex, TypeText } from '../libraries/library-index.ts'
import { ScopeKind, type SourceIndex } from '../source-index.ts'
import { ClassMembers } from './class-members.ts'
import { reachingBindings, ScopeNames } from './scope-names.ts'
import { type TypeId, TypeKind, TypeTable, UNKNOWN } from './type-table.ts'

const NOT_ASKED = -1
const IN_PROGRESS = -2
/** Nesting of questions beyond which the answer is "unknown": keeps hostile input off the call stack. */
const MAX_DEPTH = 300

const WRAPPERS: Readonly<Record<string, number>> = {
  awaitable: TypeKind.Awaitable,
  list: TypeKind.List,
  iter: TypeKind.Iterator,
  aiter: TypeKind.AsyncIterator,
  context: TypeKind.Context,
  callable: TypeKind.Callable,
  dict: TypeKind.Dict,
}

/** Annotation heads by last segment; the number of the argument that counts, from the end when negative. */
const GENERIC_HEADS = new Map<string, { readonly kind: number; readonly argument: number }>([
  ...['list', 'List', 'Sequence', 'MutableSequence', 'Collection', 'Set', 'set', 'FrozenSet', 'frozenset', 'deque'].map(
    (name) => [name, { kind: TypeKind.List, argument: 0 }] as const,
  ),
  ...['Iterable', 'Iterator', 'Generator'].map((name) => [name, { kind: TypeKind.Iterator, argument: 0 }] as const),
  ...['AsyncIterable', 'AsyncIterator', 'AsyncGenerator'].map(
    (name) => [name, { kind: TypeKind.AsyncIterator, argument: 0 }] as const,
  ),
  ['Awaitable', { kind: TypeKind.Awaitable, argument: 0 }],
  ['Coroutine', { kind: TypeKind.Awaitable, argument: 2 }],
  ['Future', { kind: TypeKind.Awaitable, argument: 0 }],
  ['Task', { kind: TypeKind.Awaitable, argument: 0 }],
  ...['ContextManager', 'AbstractContextManager', 'AsyncContextManager', 'AbstractAsyncContextManager'].map(
    (name) => [name, { kind: TypeKind.Context, argument: 0 }] as const,
  ),
  ...['dict', 'Dict', 'Mapping', 'MutableMapping', 'defaultdict', 'OrderedDict'].map(
    (name) => [name, { kind: TypeKind.Dict, argument: 1 }] as const,
  ),
  ['Callable', { kind: TypeKind.Callable, argument: 1 }],
])
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
const PROPERTY = new Set([
  'property',
  'cached_property',
  'hybrid_property',
  'abstractproperty',
  'classproperty',
  'locked_cached_property',
  'async_property',
])
const DEPENDS = new Set(['Depends', 'Security', 'Provide'])
const DEPENDS_NAMES = new Set([
  'fastapi.Depends',
  'fastapi.Security',
  'fastapi.params.Depends',
  'fastapi.params.Security',
  'fastapi.param_functions.Depends',
  'fastapi.param_functions.Security',
  'fast_depends.Depends',
])
const DJANGO_MODELS = new Set(['django.db.models.Model', 'django.contrib.auth.models.AbstractUser'])
const DJANGO_MANAGERS = new Set(['django.db.models.Manager', 'django.db.models.QuerySet'])
const CONTEXT_DECORATORS = new Set(['contextmanager', 'asynccontextmanager'])

/** Answers what expressions are. One per program. */
export class TypeInference {
  readonly index: SourceIndex
  readonly modules: ModuleMap
  readonly libraries: LibraryIndex
  readonly table = new TypeTable()
  readonly names: ScopeNames
  readonly classes: ClassMembers
  readonly #types: (Int32Array | undefined)[]
  readonly #annotations: (Map<number, TypeId> | undefined)[]
  /** Names mean what they mean in TypeScript: its globals, its generic types, its object literals. */
  readonly isTypeScript: boolean
  readonly #results: Int32Array
  readonly #decorated = new Map<number, number>()
  readonly #exports = new Map<number, TypeId>()
  #stateStores: Map<number, { readonly module: number; readonly node: number }[]> | undefined
  #classesByName: Map<number, number[]> | undefined
  readonly #members = new Map<number, TypeId>()
  /** How often a question met itself. */
  #circles = 0
  #depth = 0

  constructor(index: SourceIndex, modules: ModuleMap, libraries: LibraryIndex) {
    this.index = index
    this.modules = modules
    this.isTypeScript = modules.language === 'typescript'
    this.libraries = libraries
    this.names = new ScopeNames(index)
    this.classes = new ClassMembers(index, this.names, this.table, (module, node) => this.typeOf(module, node))
    this.#types = new Array(index.trees.length)
    this.#annotations = new Array(index.trees.length)
    this.#results = new Int32Array(index.scopeCount).fill(NOT_ASKED)
  }

  readonly #nameIds = new Map<string, number>()

  /** Run-wide number of a name, or -1; remembered, because asking the strings costs an encoding. */
  nameId(text: string): number {
    let id = this.#nameIds.get(text)
    if (id === undefined) {
      id = this.index.trees[0]?.strings.id(text) ?? -1
      this.#nameIds.set(text, id)
    }
    return id
  }

  /** Type of an expression, of a binding node (its target), or of a definition. */
  typeOf(module: number, node: number): TypeId {
    let types = this.#types[module]
    if (types === undefined) {
      types = new Int32Array(this.index.trees[module]!.size).fill(NOT_ASKED)
      this.#types[module] = types
    }
    const known = types[node]!
    if (known >= 0) return known
    if (known === IN_PROGRESS || this.#depth > MAX_DEPTH) {
      this.#circles++
      return UNKNOWN
    }
    types[node] = IN_PROGRESS
    this.#depth++
    const type = this.#infer(module, this.index.trees[module]!, node)
    this.#depth--
    types[node] = type
    return type
  }

  #infer(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this
    switch (tree.kind(node)) {
      case Kind.Name:
        return tree.has(node, Flag.STORE) ? this.#assigned(module, tree, node) : this.#nameType(module, tree, node)
      case Kind.Attribute:
        return tree.has(node, Flag.STORE) ? this.#assigned(module, tree, node) : this.#attribute(module, tree, node)
      case Kind.Call:
        return this.#call(module, tree, node)
      case Kind.Await:
        return this.awaited(this.typeOf(module, node + 1))
      case Kind.FunctionDef:
      case Kind.Lambda:
        return table.make(TypeKind.Function, this.names.scopeAt(module, node))
      case Kind.ClassDef:
        return table.make(TypeKind.Class, this.names.scopeAt(module, node))
      case Kind.Param:
        return this.#parameter(module, tree, node)
      case Kind.Alias:
        return this.#imported(module, tree, node)
      case Kind.Subscript:
        return this.#subscript(module, tree, node)
      case Kind.BoolOp:
      case Kind.IfExp: {
        const types: TypeId[] = []
        const isChoice = tree.kind(node) === Kind.IfExp
        for (let at = node + 1, i = 0; at >= 0; at = tree.nextSibling(at), i++) {
          if (!isChoice || i !== 1) types.push(this.typeOf(module, at))
        }
        return table.union(types)
      }
      case Kind.NamedExpr:
        return this.typeOf(module, tree.lastChild(node))
      case Kind.BinOp: {
        const left = this.typeOf(module, node + 1)
        if (tree.value(node) === Op.Divide) return this.#member(module, left, '__truediv__', true)
        if (tree.value(node) === Op.BitOr || tree.value(node) === Op.BitAnd) {
          return table.kind[left] === TypeKind.OutsideInstance ? left : UNKNOWN
        }
        return this.#isText(left) ? left : UNKNOWN
      }
      case Kind.String:
      case Kind.FString:
        return table.outsideInstance('builtins.str')
      case Kind.None:
        return table.make(TypeKind.None)
      case Kind.List:
      case Kind.Set: {
        const first = tree.firstChild(node)
        return table.wrap(TypeKind.List, first < 0 ? UNKNOWN : this.typeOf(module, first))
      }
      case Kind.Tuple: {
        const items: TypeId[] = []
        for (let at = tree.firstChild(node); at >= 0 && items.length < 8; at = tree.nextSibling(at)) {
          items.push(this.typeOf(module, at))
        }
        return table.tuple(items)
      }
      case Kind.Dict: {
        if (this.isTypeScript) return table.make(TypeKind.Literal, module, node)
        const second = tree.child(node, 1)
        return table.wrap(TypeKind.Dict, second < 0 ? UNKNOWN : this.typeOf(module, second))
      }
      case Kind.ListComp:
      case Kind.SetComp:
        return table.wrap(TypeKind.List, this.typeOf(module, node + 1))
      case Kind.GeneratorExp:
        return table.wrap(TypeKind.Iterator, this.typeOf(module, node + 1))
      case Kind.DictComp:
        return table.wrap(TypeKind.Dict, this.typeOf(module, tree.child(node, 1)))
      default:
        return UNKNOWN
    }
  }

  // Names --------------------------------------------------------------------------------------------------------

  #nameType(module: number, tree: SyntaxTree, node: number): TypeId {
    const scope = this.names.scopeOf(module, node)
    const bound = this.names.lookUp(scope, tree.name(node))
    if (bound === undefined) return this.#starOrBuiltin(module, tree.name(node), tree.text(node))
    const nodes = bound.scope === scope ? reachingBindings(tree, bound.nodes, node) : bound.nodes
    return this.unionOf(this.index.scopeModule[bound.scope]!, nodes)
  }

  /** Union of the types of nodes of a module. */
  unionOf(module: number, nodes: readonly number[]): TypeId {
    if (nodes.length === 1) return this.typeOf(module, nodes[0]!)
    const types: TypeId[] = []
    for (let i = 0; i < nodes.length && i < 12; i++) types.push(this.typeOf(module, nodes[i]!))
    return this.table.union(types)
  }

  #starOrBuiltin(module: number, name: number, text: string): TypeId {
    const star = this.#fromStar(module, name, 0)
    if (star !== UNKNOWN) return star
    if (this.isTypeScript) return globalOf(this.table, text)
    return BUILTINS.has(text) ? this.table.outside(`builtins.${text}`) : UNKNOWN
  }

  #fromStar(module: number, name: number, depth: number): TypeId {
    if (depth > 8) return UNKNOWN
    for (const source of this.#starSources(module)) {
      const found = this.exportOf(source, name, depth + 1)
      if (found !== UNKNOWN) return found
    }
    return UNKNOWN
  }

  readonly #stars = new Map<number, readonly number[]>()

  #starSources(module: number): readonly number[] {
    let sources = this.#stars.get(module)
    if (sources !== undefined) return sources
    const found: number[] = []
    const { firstImport, importNode, trees } = this.index
    const tree = trees[module]!
    for (let i = firstImport[module]!; i < firstImport[module + 1]!; i++) {
      const node = importNode[i]!
      if (tree.kind(node) !== Kind.ImportFrom) continue
      const first = tree.firstChild(node)
      if (first < 0 || tree.text(first) !== '*') continue
      const source = this.#sourceOf(module, tree, node)
      if (source.module >= 0) found.push(source.module)
    }
    sources = found
    this.#stars.set(module, sources)
    return sources
  }

  /** Type of a name that a module offers to importers: bound at its top, star-imported, or a submodule. */
  exportOf(module: number, name: number, depth = 0): TypeId {
    const nodes = this.names.bindingsIn(this.index.firstScope[module]!, name)
    if (nodes.length > 0) return this.unionOf(module, nodes)
    if (this.isTypeScript) return this.#exportedByAssignment(module, name, depth)
    if (this.modules.isPackage[module] && name >= 0) {
      const submodule = this.modules.submodule(module, this.index.trees[module]!.strings.text(name))
      if (submodule >= 0) return this.table.make(TypeKind.Module, submodule)
    }
    return this.#fromStar(module, name, depth)
  }

  /** What a TypeScript module offers besides its own names: those of `export *`, or of `module.exports = …`. */
  #exportedByAssignment(module: number, name: number, depth: number): TypeId {
    const text = name < 0 ? '' : this.index.trees[module]!.strings.text(name)
    const whole = this.names.bindingsIn(this.index.firstScope[module]!, this.nameId('export='))
    if (whole.length > 0) {
      const type = this.unionOf(module, whole)
      if (text === 'default') return type
      return this.table.union(this.table.members(type).map((member) => this.memberOf(module, member, name, text)))
    }
    if (text === 'default') return UNKNOWN
    return this.#fromStar(module, name, depth)
  }

  #imported(module: number, tree: SyntaxTree, alias: number): TypeId {
    const statement = tree.parent(alias)
    const name = tree.text(alias)
    if (tree.kind(statement) === Kind.Import) {
      if (this.isTypeScript) return this.moduleNamed(module, name)
      const whole = tree.firstChild(alias) >= 0 ? name : name.split('.', 1)[0]!
      return this.#dottedModule(module, whole)
    }
    if (tree.kind(statement) !== Kind.ImportFrom) return UNKNOWN
    const source = this.#sourceOf(module, tree, statement)
    if (source.module >= 0) {
      const type = this.#exported(source.module, tree.name(alias))
      if (type !== UNKNOWN) return type
    }
    // The default of a library is the library itself, as the compiler treats CommonJS.
    if (this.isTypeScript && source.module < 0 && name === 'default') return this.moduleNamed(module, source.name)
    if (this.isTypeScript && source.module < 0)
      return this.#isOutside(module, source.name) ? this.outside(`${source.name}.${name}`) : UNKNOWN
    const submodule = submoduleOf(this.modules, source, module, name)
    if (submodule >= 0) return this.table.make(TypeKind.Module, submodule)
    if (source.module >= 0 || source.name === '') return UNKNOWN
    return this.outside(`${source.name}.${name}`)
  }

  readonly #sources = new Map<number, ImportSource>()

  #sourceOf(module: number, tree: SyntaxTree, statement: number): ImportSource {
    const key = module * 4_194_304 + statement
    let source = this.#sources.get(key)
    if (source === undefined) {
      source = importSource(this.modules, tree, module, statement)
      this.#sources.set(key, source)
    }
    return source
  }

  #exported(module: number, name: number): TypeId {
    const key = module * 4_194_304 + name
    const known = this.#exports.get(key)
    if (known !== undefined) return known
    // A module that imports a name from itself through others would never end.
    this.#exports.set(key, UNKNOWN)
    const type = this.exportOf(module, name)
    this.#exports.set(key, type)
    return type
  }

  /** The module of TypeScript that a specifier means, or the library of that name. */
  moduleNamed(module: number, specifier: string): TypeId {
    const found = this.modules.find(specifier, module)
    if (found >= 0) return this.table.make(TypeKind.Module, found)
    return this.#isOutside(module, specifier) ? this.outside(outsideName(specifier)) : UNKNOWN
  }

  /** Whether a specifier that is no module of ours is a library, not a path or an alias that leads nowhere. */
  #isOutside(_module: number, specifier: string): boolean {
    return /^(?:@[\w.~-]+\/|node:)?[a-z0-9_]/i.test(specifier)
  }

  #dottedModule(module: number, name: string): TypeId {
    const found = this.modules.find(name, module)
    return found >= 0 ? this.table.make(TypeKind.Module, found) : this.table.outside(name)
  }

  /** A name outside the project, under the spelling of the library tables. */
  outside(name: string): TypeId {
    return this.table.outside(this.libraries.canonical(name))
  }

  // Bindings -----------------------------------------------------------------------------------------------------

  /** Type that flows into a target (Name, Attribute, Tuple, List or Starred that is stored to). */
  #assigned(module: number, tree: SyntaxTree, target: number): TypeId {
    const parent = tree.parent(target)
    switch (tree.kind(parent)) {
      case Kind.Assign:
        return this.typeOf(module, tree.lastChild(parent))
      case Kind.AnnAssign: {
        const annotation = tree.child(parent, 1)
        const declared = this.annotated(module, annotation)
        const value = tree.child(parent, 2)
        if (value < 0) return declared
        const provided = this.dependency(module, tree, value)
        if (declared === UNKNOWN && provided !== undefined) return provided
        return declared === UNKNOWN ? this.typeOf(module, value) : declared
      }
      case Kind.NamedExpr:
        return this.typeOf(module, tree.lastChild(parent))
      case Kind.For:
      case Kind.Comprehension:
        return this.element(module, this.typeOf(module, tree.child(parent, 1)), tree.has(parent, Flag.ASYNC))
      case Kind.WithItem:
        return this.entered(module, this.typeOf(module, parent + 1), tree.has(tree.parent(parent), Flag.ASYNC))
      case Kind.Starred:
        return this.table.wrap(TypeKind.List, UNKNOWN)
      case Kind.PatternProperty: {
        if (tree.value(parent) < 0 || tree.firstChild(parent) !== target) return UNKNOWN
        const whole = this.#assigned(module, tree, tree.parent(parent))
        const members = this.table.members(whole)
        return this.table.union(members.map((one) => this.memberOf(module, one, tree.name(parent), tree.text(parent))))
      }
      case Kind.Tuple:
      case Kind.List: {
        let place = 0
        for (let at = tree.firstChild(parent); at >= 0 && at !== target; at = tree.nextSibling(at)) place++
        const whole = this.#assigned(module, tree, parent)
        const items = this.table.items(whole)
        return items.length > 0 ? (items[place] ?? UNKNOWN) : this.element(module, whole, false)
      }
      default:
        return UNKNOWN
    }
  }

  #parameter(module: number, tree: SyntaxTree, node: number): TypeId {
    const definition = tree.parent(node)
    const flags = tree.flags(node)
    const kind = paramKind(flags)
    let annotation = -1
    let standard = -1
    let child = tree.firstChild(node)
    if ((flags & Flag.HAS_ANNOTATION) !== 0) {
      annotation = child
      child = tree.nextSibling(child)
    }
    if ((flags & Flag.HAS_DEFAULT) !== 0) standard = child
    if (annotation >= 0) {
      const declared = this.annotated(module, annotation)
      if (kind === ParamKind.VarArgs) return this.table.wrap(TypeKind.List, declared)
      if (kind === ParamKind.VarKeywords) return this.table.wrap(TypeKind.Dict, declared)
      if (declared !== UNKNOWN) return declared
    }
    if (standard >= 0) {
      const provided = this.dependency(module, tree, standard)
      if (provided !== undefined) return provided
      const type = this.typeOf(module, standard)
      if (this.table.kind[type] !== TypeKind.None) return type
    }
    if (tree.kind(definition) !== Kind.FunctionDef) return UNKNOWN
    const scope = this.names.scopeAt(module, definition)
    const owner = this.ownerOf(scope)
    if (owner >= 0 && this.#isFirstParameter(tree, definition, node)) {
      const how = this.#methodKind(module, tree, definition)
      if (how === 'static') return UNKNOWN
      return this.table.make(how === 'class' ? TypeKind.Class : TypeKind.Instance, owner)
    }
    return UNKNOWN
  }

  #isFirstParameter(tree: SyntaxTree, definition: number, node: number): boolean {
    return tree.childOf(definition, Kind.Param) === node
  }

  /** The class whose method a function is, or -1. */
  ownerOf(scope: number): number {
    const parent = this.index.scopeParent[scope]!
    return parent >= 0 && this.index.scopeKind[parent] === ScopeKind.Class ? parent : -1
  }

  #methodKind(_module: number, tree: SyntaxTree, definition: number): 'instance' | 'class' | 'static' {
    const name = tree.text(definition)
    if (tree.has(definition, Flag.STATIC)) return 'class'
    if (name === '__new__' || name === '__init_subclass__' || name === '__class_getitem__') return 'class'
    for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
      const text = lastName(tree, at + 1)
      if (text === 'classmethod' || text === 'validator' || text === 'field_validator') return 'class'
      if (text === 'staticmethod') return 'static'
    }
    return 'instance'
  }

  /** Whether a function's definition says property: its value is read without a call. */
  isProperty(scope: number): boolean {
    const tree = this.index.trees[this.index.scopeModule[scope]!]!
    const definition = this.index.scopeNode[scope]!
    if (tree.kind(definition) !== Kind.FunctionDef) return false
    if (tree.has(definition, Flag.GETTER)) return true
    for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
      const text = lastName(tree, at + 1)
      if (PROPERTY.has(text)) return true
    }
    return false
  }

  /** Whether a function has a decorator that may change how it is called. */
  hasChangingDecorator(scope: number): boolean {
    return this.decoratorNames(scope).some((name) => !PLAIN_DECORATORS.has(name))
  }

  /** The last names of a function's decorators, outermost first: `router.get` gives `get`. */
  decoratorNames(scope: number): readonly string[] {
    const tree = this.index.trees[this.index.scopeModule[scope]!]!
    const definition = this.index.scopeNode[scope]!
    const found: string[] = []
    for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
      found.push(lastName(tree, at + 1))
    }
    return found
  }

  // Dependencies -------------------------------------------------------------------------------------------------

  /** The provider expression of `Depends(provider)`, or -1 when the node is no such call. */
  providerOf(module: number, tree: SyntaxTree, node: number): number {
    if (node < 0 || tree.kind(node) !== Kind.Call) return -1
    if (!DEPENDS.has(lastName(tree, node + 1))) return -1
    const callee = this.typeOf(module, node + 1)
    if (this.table.kind[callee] !== TypeKind.Outside) return -1
    if (!DEPENDS_NAMES.has(this.table.outsideName(this.table.a[callee]!))) return -1
    const argument = tree.nextSibling(node + 1)
    if (argument < 0) return -1
    return tree.kind(argument) === Kind.Keyword ? argument + 1 : argument
  }

  /** What `Depends(provider)` gives a function: the provider's result, yielded value or instance. */
  dependency(module: number, tree: SyntaxTree, node: number): TypeId | undefined {
    const provider = this.providerOf(module, tree, node)
    if (provider < 0) return undefined
    const type = this.typeOf(module, provider)
    return this.provided(module, type)
  }

  /** What a dependency provider of this type gives. */
  provided(module: number, provider: TypeId): TypeId {
    let result = this.called(module, provider, -1)
    const { table } = this
    if (table.kind[result] === TypeKind.Awaitable) result = table.a[result]!
    const kind = table.kind[result]!
    if (kind === TypeKind.Iterator || kind === TypeKind.AsyncIterator || kind === TypeKind.Context)
      return table.a[result]!
    return result
  }

  // Annotations --------------------------------------------------------------------------------------------------

  /** Type that an annotation expression declares for a value. */
  annotated(module: number, node: number): TypeId {
    let known = this.#annotations[module]
    if (known === undefined) {
      known = new Map()
      this.#annotations[module] = known
    }
    const before = known.get(node)
    if (before !== undefined) return before
    if (this.#depth > MAX_DEPTH) return UNKNOWN
    known.set(node, UNKNOWN)
    this.#depth++
    const type = this.#annotation(module, this.index.trees[module]!, node)
    this.#depth--
    known.set(node, type)
    return type
  }

  #annotation(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this
    switch (tree.kind(node)) {
      case Kind.String: {
        const inner = tree.firstChild(node)
        return inner >= 0 ? this.annotated(module, inner) : UNKNOWN
      }
      case Kind.None:
        return table.make(TypeKind.None)
      case Kind.BinOp: {
        if (tree.value(node) !== Op.BitOr) return UNKNOWN
        return table.union([this.annotated(module, node + 1), this.annotated(module, tree.lastChild(node))])
      }
      case Kind.Subscript: {
        const head = lastName(tree, node + 1)
        const index = tree.nextSibling(node + 1)
        const first = tree.kind(index) === Kind.Tuple ? tree.firstChild(index) : index
        if (first < 0) return UNKNOWN
        if (this.isTypeScript) {
          const generic = TYPESCRIPT_GENERICS.get(head)
          if (generic !== undefined) {
            let at: number = first
            for (let i = 0; i < generic.argument && at >= 0; i++) at = at === index ? -1 : tree.nextSibling(at)
            const inner = at < 0 ? UNKNOWN : this.annotated(module, at)
            return generic.kind === TypeKind.Unknown ? inner : table.wrap(generic.kind, inner)
          }
        } else if (TRANSPARENT.has(head)) {
          const declared = this.annotated(module, first)
          if (head !== 'Annotated' || declared !== UNKNOWN) return declared
          for (let at = tree.nextSibling(first); at >= 0; at = tree.nextSibling(at)) {
            const provided = this.dependency(module, tree, at)
            if (provided !== undefined) return provided
          }
          return UNKNOWN
        }
        if (head === 'Union' && !this.isTypeScript) {
          const types: TypeId[] = []
          for (let at = first; at >= 0; at = at === index ? -1 : tree.nextSibling(at))
            types.push(this.annotated(module, at))
          return table.union(types)
        }
        if (head === 'type' || head === 'Type') return this.#classesOf(this.annotated(module, first))
        if (head === 'tuple' || head === 'Tuple') {
          const items: TypeId[] = []
          for (let at = first; at >= 0; at = at === index ? -1 : tree.nextSibling(at)) {
            if (tree.kind(at) === Kind.Ellipsis) return table.wrap(TypeKind.List, items[0] ?? UNKNOWN)
            items.push(this.annotated(module, at))
          }
          return table.tuple(items)
        }
        const generic = GENERIC_HEADS.get(head)
        if (generic !== undefined) {
          let at: number = first
          for (let i = 0; i < generic.argument && at >= 0; i++) at = at === index ? -1 : tree.nextSibling(at)
          return table.wrap(generic.kind, at < 0 ? UNKNOWN : this.annotated(module, at))
        }
        const base = this.annotated(module, node + 1)
        if (table.kind[base] === TypeKind.OutsideInstance) {
          return table.make(TypeKind.OutsideInstance, table.a[base]!, this.annotated(module, first))
        }
        return base
      }
      case Kind.Name:
      case Kind.Attribute: {
        const text = lastName(tree, node)
        const generic = GENERIC_HEADS.get(text)
        if (generic !== undefined && !this.isTypeScript && BUILTIN_GENERICS.has(text))
          return table.wrap(generic.kind, UNKNOWN)
        if (text === 'Self') {
          const owner = this.#classAround(module, node)
          if (owner >= 0) return table.make(TypeKind.Instance, owner)
        }
        const alias = this.#aliasValue(module, tree, node)
        if (alias !== undefined) return alias
        const types = table.members(this.typeOf(module, node)).map((type) => this.#instanceOf(type))
        return table.union(types)
      }
      default:
        return UNKNOWN
    }
  }

  /** `SessionDep = Annotated[Session, Depends(get_db)]`: an alias is read as an annotation, where it is defined. */
  #aliasValue(module: number, tree: SyntaxTree, node: number): TypeId | undefined {
    const place = this.definitionOf(module, node)
    if (place === undefined) return undefined
    const other = this.index.trees[place.module]!
    const parent = other.parent(place.node)
    let value = -1
    if (other.kind(place.node) === Kind.Name && other.kind(parent) === Kind.Assign) value = other.lastChild(parent)
    else if (other.kind(place.node) === Kind.Name && other.kind(parent) === Kind.TypeAlias)
      value = other.lastChild(parent)
    else if (other.kind(place.node) === Kind.Name && other.kind(parent) === Kind.AnnAssign)
      value = other.child(parent, 2)
    if (value < 0 || (place.module === module && value === node)) return undefined
    const kind = other.kind(value)
    if (kind === Kind.Subscript || kind === Kind.BinOp || kind === Kind.Name || kind === Kind.Attribute) {
      return this.annotated(place.module, value)
    }
    if (kind === Kind.Call) {
      const callee = lastName(other, value + 1)
      const second = other.child(value, 2)
      if (callee === 'NewType' && second >= 0) return this.annotated(place.module, second)
      if (callee === 'TypeVar') {
        for (let at = other.child(value, 2); at >= 0; at = other.nextSibling(at)) {
          if (other.kind(at) === Kind.Keyword && other.text(at) === 'bound') return this.annotated(place.module, at + 1)
        }
        return UNKNOWN
      }
    }
    void tree
    return undefined
  }

  /** The node that defines what a name stands for, through imports; undefined when there are several or none. */
  definitionOf(module: number, node: number): { readonly module: number; readonly node: number } | undefined {
    const tree = this.index.trees[module]!
    if (tree.kind(node) === Kind.Name) {
      const bound = this.names.lookUp(this.names.scopeOf(module, node), tree.name(node))
      if (bound === undefined) return this.#starDefinition(module, tree.name(node), 0)
      const at = bound.nodes[bound.nodes.length - 1]!
      return this.#followImport(this.index.scopeModule[bound.scope]!, at, 0)
    }
    if (tree.kind(node) === Kind.Attribute) {
      const object = this.typeOf(module, node + 1)
      if (this.table.kind[object] !== TypeKind.Module) return undefined
      return this.#exportDefinition(this.table.a[object]!, tree.name(node), 0)
    }
    return undefined
  }

  #followImport(module: number, node: number, depth: number): { module: number; node: number } | undefined {
    const tree = this.index.trees[module]!
    if (tree.kind(node) !== Kind.Alias) return { module, node }
    const statement = tree.parent(node)
    if (tree.kind(statement) !== Kind.ImportFrom || depth > 12) return undefined
    const source = this.#sourceOf(module, tree, statement)
    return source.module < 0 ? undefined : this.#exportDefinition(source.module, tree.name(node), depth + 1)
  }

  #exportDefinition(module: number, name: number, depth: number): { module: number; node: number } | undefined {
    const nodes = this.names.bindingsIn(this.index.firstScope[module]!, name)
    if (nodes.length > 0) return this.#followImport(module, nodes[nodes.length - 1]!, depth)
    return this.#starDefinition(module, name, depth + 1)
  }

  #starDefinition(module: number, name: number, depth: number): { module: number; node: number } | undefined {
    if (depth > 12) return undefined
    for (const source of this.#starSources(module)) {
      const found = this.#exportDefinition(source, name, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  #classAround(module: number, node: number): number {
    for (let at = this.names.scopeOf(module, node); at >= 0; at = this.index.scopeParent[at]!) {
      if (this.index.scopeKind[at] === ScopeKind.Class) return at
    }
    return -1
  }

  #instanceOf(type: TypeId): TypeId {
    const { table } = this
    if (table.kind[type] === TypeKind.Class) return table.make(TypeKind.Instance, table.a[type]!)
    if (table.kind[type] === TypeKind.Outside) {
      const name = table.outsideName(table.a[type]!)
      if (name === 'typing.Any' || name === 'builtins.object') return UNKNOWN
      return table.make(TypeKind.OutsideInstance, table.a[type]!)
    }
    return UNKNOWN
  }

  #classesOf(type: TypeId): TypeId {
    const { table } = this
    return table.union(
      table.members(type).map((member) => {
        if (table.kind[member] === TypeKind.Instance) return table.make(TypeKind.Class, table.a[member]!)
        if (table.kind[member] === TypeKind.OutsideInstance) return table.make(TypeKind.Outside, table.a[member]!)
        return UNKNOWN
      }),
    )
  }

  // Attributes ---------------------------------------------------------------------------------------------------

  #attribute(module: number, tree: SyntaxTree, node: number): TypeId {
    const object = this.typeOf(module, node + 1)
    if (object !== UNKNOWN) {
      const types: TypeId[] = []
      for (const member of this.table.members(object))
        types.push(this.memberOf(module, member, tree.name(node), tree.text(node)))
      const type = this.table.union(types)
      if (type !== UNKNOWN) return type
    }
    return this.#storedAttribute(module, tree, node, object)
  }

  #member(module: number, object: TypeId, name: string, called: boolean): TypeId {
    const types = this.table.members(object).map((type) => {
      const id = this.nameId(name)
      const member = this.memberOf(module, type, id, name)
      return called ? this.called(module, member, -1) : member
    })
    return this.table.union(types)
  }

  /** Type of an attribute of a type that is no union. `text` is the text of `name`. */
  memberOf(module: number, object: TypeId, name: number, text: string): TypeId {
    const { table } = this
    const a = table.a[object]!
    switch (table.kind[object]) {
      case TypeKind.Module:
        return this.exportOf(a, name)
      case TypeKind.Outside:
      case TypeKind.OutsideInstance: {
        const key = object * 4_194_304 + name
        const known = name < 0 ? undefined : this.#outsideMembers.get(key)
        if (known !== undefined) return known
        const owner = table.outsideName(a)
        if (table.kind[object] === TypeKind.OutsideInstance) {
          const type = this.#outsideInstanceMember(object, owner, text)
          this.#outsideMembers.set(key, type)
          return type
        }
        const ours = this.#mayOwn(owner)
        const type = this.#outsideMember(module, object, owner, text, ours)
        // Which module of ours a name means depends on who asks.
        if (!ours) this.#outsideMembers.set(key, type)
        return type
      }
      case TypeKind.Instance:
      case TypeKind.Class: {
        const key = object * 4_194_304 + name
        const known = name < 0 ? undefined : this.#members.get(key)
        if (known !== undefined) return known
        const circles = this.#circles
        const type = this.#classMember(a, object, name, text, table.kind[object] === TypeKind.Instance)
        // "Unknown" in the middle of a circle of questions is no answer to keep.
        if (name >= 0 && (type !== UNKNOWN || circles === this.#circles)) this.#members.set(key, type)
        return type
      }
      case TypeKind.Super:
        return this.#superMember(a, table.b[object]!, name, text)
      case TypeKind.Literal:
        return this.#literalMember(a, table.b[object]!, text, 0)
      case TypeKind.Function:
        // `handler.bind(this)` is the handler.
        if (this.isTypeScript) return text === 'bind' ? table.wrap(TypeKind.Callable, object) : UNKNOWN
        if (text === 'delay' || text === 'apply_async' || text === 's' || text === 'si') {
          return table.make(TypeKind.OutsideMethod, table.outsideNumber(`celery.canvas.Signature.${text}`), object)
        }
        return UNKNOWN
      case TypeKind.Dict:
        if (text === 'values') return table.wrap(TypeKind.Callable, table.wrap(TypeKind.Iterator, a))
        if (text === 'items') {
          return table.wrap(TypeKind.Callable, table.wrap(TypeKind.Iterator, table.tuple([UNKNOWN, a])))
        }
        return text === 'get' || text === 'pop' || text === 'setdefault' ? table.wrap(TypeKind.Callable, a) : UNKNOWN
      case TypeKind.List:
        if (text === 'pop' || text === 'popleft') return table.wrap(TypeKind.Callable, a)
        return text === 'copy' ? table.wrap(TypeKind.Callable, object) : UNKNOWN
      default:
        return UNKNOWN
    }
  }

  /** The value of a key of an object literal; what is spread into it is looked into. */
  #literalMember(module: number, dict: number, text: string, depth: number): TypeId {
    const tree = this.index.trees[module]!
    let spread: TypeId = UNKNOWN
    for (let at = tree.firstChild(dict); at >= 0; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.DictUnpack) {
        const type = this.typeOf(module, at + 1)
        const isLiteral = this.table.kind[type] === TypeKind.Literal && depth < 4
        if (isLiteral) spread = this.#literalMember(this.table.a[type]!, this.table.b[type]!, text, depth + 1)
        continue
      }
      const isKey = tree.kind(at) === Kind.String && tree.value(at) >= 0 && tree.text(at) === text
      at = tree.nextSibling(at)
      if (at < 0) break
      if (isKey) return this.typeOf(module, at)
    }
    return spread
  }

  readonly #outsideMembers = new Map<number, TypeId>()

  #mayOwn(name: string): boolean {
    const dot = name.indexOf('.')
    return this.modules.mayOwn(dot < 0 ? name : name.slice(0, dot))
  }

  #outsideMember(module: number, object: TypeId, owner: string, text: string, ours: boolean): TypeId {
    const known = this.libraries.classOf(owner)
    if (known !== undefined) {
      const type = this.libraries.attributeOf(owner, text)
      if (type !== undefined) return this.textType(type, object, -1, -1)
      const method = this.libraries.methodOf(owner, text)
      if (method !== undefined) {
        return this.table.make(TypeKind.OutsideMethod, this.table.outsideNumber(`${method.owner}.${text}`), object)
      }
    }
    // A namespace package of the project has no module of its own.
    const full = `${owner}.${text}`
    const found = ours ? this.modules.find(full, module) : -1
    return found >= 0 ? this.table.make(TypeKind.Module, found) : this.outside(full)
  }

  #outsideInstanceMember(object: TypeId, owner: string, text: string): TypeId {
    const type = this.libraries.attributeOf(owner, text)
    if (type !== undefined) return this.textType(type, object, -1, -1)
    const method = this.libraries.methodOf(owner, text)
    if (method !== undefined) {
      return this.table.make(TypeKind.OutsideMethod, this.table.outsideNumber(`${method.owner}.${text}`), object)
    }
    const any = this.libraries.methodOf(owner, '__getattr__')
    return any?.entry.returns === undefined ? UNKNOWN : this.textType(any.entry.returns, object, -1, -1)
  }

  #superMember(scope: number, instance: TypeId, name: number, text: string): TypeId {
    const start =
      this.table.kind[instance] === TypeKind.Instance || this.table.kind[instance] === TypeKind.Class
        ? this.table.a[instance]!
        : scope
    const member = this.classes.find(start, name, scope)
    if (member !== undefined) return this.#memberValue(member.scope, member.nodes, instance, true)
    return this.#libraryMember(start, instance, text)
  }

  #classMember(scope: number, object: TypeId, name: number, text: string, onInstance: boolean): TypeId {
    const member = this.classes.find(scope, name)
    if (member !== undefined) {
      const type = this.#memberValue(member.scope, member.nodes, object, onInstance)
      if (type !== UNKNOWN) return type
      // `_repos = None` in a base, set by a subclass or mixin.
    }
    return this.#libraryMember(scope, object, text)
  }

  #memberValue(owner: number, nodes: readonly number[], object: TypeId, onInstance: boolean): TypeId {
    const module = this.index.scopeModule[owner]!
    const tree = this.index.trees[module]!
    const { table } = this
    const types: TypeId[] = []
    for (let i = 0; i < nodes.length && i < 12; i++) {
      const node = nodes[i]!
      if (tree.kind(node) === Kind.FunctionDef) {
        const scope = this.names.scopeAt(module, node)
        if (this.isProperty(scope)) {
          types.push(onInstance ? this.#received(scope, this.resultOf(scope), object) : UNKNOWN)
        } else {
          const how = this.#methodKind(module, tree, node)
          const bound = how === 'static' ? false : onInstance || how === 'class'
          types.push(table.make(TypeKind.Function, scope, bound ? object : 0))
        }
        continue
      }
      let type = this.typeOf(module, node)
      if (onInstance) type = this.#fieldValue(module, tree, node, type)
      else if (table.kind[object] === TypeKind.Class) type = this.#managerOf(type, object)
      types.push(type)
    }
    return table.union(types)
  }

  /** `objects = OrderManager()` on a Django model: the manager knows its model. */
  #managerOf(type: TypeId, model: TypeId): TypeId {
    const { table } = this
    const instance = table.make(TypeKind.Instance, table.a[model]!)
    if (table.kind[type] === TypeKind.Instance && table.b[type] === 0) {
      return this.classes.derivesFrom(table.a[type]!, DJANGO_MANAGERS)
        ? table.make(TypeKind.Instance, table.a[type]!, instance)
        : type
    }
    if (table.kind[type] === TypeKind.OutsideInstance && table.b[type] === 0) {
      return DJANGO_MANAGERS.has(table.outsideName(table.a[type]!))
        ? table.make(TypeKind.OutsideInstance, table.a[type]!, instance)
        : type
    }
    return type
  }

  /** What reading a declared model field gives on an instance: the related object, manager or file. */
  #fieldValue(module: number, tree: SyntaxTree, node: number, type: TypeId): TypeId {
    const { table } = this
    if (table.kind[type] !== TypeKind.OutsideInstance) return type
    const name = table.outsideName(table.a[type]!)
    if (!name.startsWith('django.') && !name.includes('Field') && !name.endsWith('ForeignKey')) return type
    const last = name.slice(name.lastIndexOf('.') + 1)
    if (last === 'FileField' || last === 'ImageField')
      return table.outsideInstance('django.db.models.fields.files.FieldFile')
    const toMany = last === 'ManyToManyField'
    if (!toMany && last !== 'ForeignKey' && last !== 'OneToOneField') return type
    const value = tree.lastChild(tree.parent(node))
    const related = tree.kind(value) === Kind.Call ? this.#relatedModel(module, tree, value) : UNKNOWN
    return toMany ? table.outsideInstance('django.db.models.RelatedManager', related) : related
  }

  #relatedModel(module: number, tree: SyntaxTree, call: number): TypeId {
    let argument = tree.nextSibling(call + 1)
    for (let at = argument; at >= 0; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.Keyword && tree.text(at) === 'to') argument = at + 1
    }
    if (argument < 0) return UNKNOWN
    if (tree.kind(argument) !== Kind.String) {
      const type = this.typeOf(module, argument)
      return this.table.kind[type] === TypeKind.Class
        ? this.table.make(TypeKind.Instance, this.table.a[type]!)
        : UNKNOWN
    }
    const text = tree.text(argument)
    if (text === 'self') {
      const owner = this.#classAround(module, call)
      return owner >= 0 ? this.table.make(TypeKind.Instance, owner) : UNKNOWN
    }
    const named = this.classesNamed(text.slice(text.lastIndexOf('.') + 1)).filter((scope) =>
      this.classes.derivesFrom(scope, DJANGO_MODELS),
    )
    return named.length === 1 ? this.table.make(TypeKind.Instance, named[0]!) : UNKNOWN
  }

  /** Classes of the project with this simple name. */
  classesNamed(name: string): readonly number[] {
    if (this.#classesByName === undefined) {
      this.#classesByName = new Map()
      for (let scope = 0; scope < this.index.scopeCount; scope++) {
        if (this.index.scopeKind[scope] !== ScopeKind.Class) continue
        const id = this.index.scopeName[scope]!
        const list = this.#classesByName.get(id)
        if (list === undefined) this.#classesByName.set(id, [scope])
        else list.push(scope)
      }
    }
    return this.#classesByName.get(this.nameId(name)) ?? []
  }

  #libraryMember(scope: number, object: TypeId, text: string): TypeId {
    for (const ancestor of this.classes.ancestors(scope)) {
      if (ancestor.scope >= 0) continue
      const type = this.libraries.attributeOf(ancestor.outside, text)
      if (type !== undefined) return this.textType(type, object, -1, -1)
      const method = this.libraries.methodOf(ancestor.outside, text)
      if (method !== undefined) {
        return this.table.make(TypeKind.OutsideMethod, this.table.outsideNumber(`${method.owner}.${text}`), object)
      }
    }
    if (text.endsWith('_set') && this.classes.derivesFrom(scope, DJANGO_MODELS)) {
      return this.table.outsideInstance('django.db.models.RelatedManager')
    }
    return UNKNOWN
  }

  /** `a.b.c` whose object is not understood: what the same function, or anyone for `….state.x`, assigned to it. */
  #storedAttribute(module: number, tree: SyntaxTree, node: number, object: TypeId): TypeId {
    const name = tree.name(node)
    const path = tree.dotted(node)
    if (path === '') return UNKNOWN
    const scope = this.names.scopeOf(module, node)
    const { start, name: names, node: nodes } = this.index.attributeStores
    const here: number[] = []
    for (let i = start[scope]!; i < start[scope + 1]!; i++) {
      if (names[i] === name && tree.dotted(nodes[i]!) === path) here.push(nodes[i]!)
    }
    if (here.length > 0) {
      const type = this.unionOf(module, reachingBindings(tree, here, node))
      if (type !== UNKNOWN) return type
    }
    const isState =
      (this.table.kind[object] === TypeKind.OutsideInstance &&
        this.table.outsideName(this.table.a[object]!) === 'starlette.datastructures.State') ||
      (tree.kind(node + 1) === Kind.Attribute && tree.text(node + 1) === 'state')
    if (!isState) return UNKNOWN
    const types: TypeId[] = []
    for (const place of this.#storesOnState().get(name) ?? []) types.push(this.typeOf(place.module, place.node))
    return this.table.union(types)
  }

  #storesOnState(): Map<number, { readonly module: number; readonly node: number }[]> {
    if (this.#stateStores !== undefined) return this.#stateStores
    this.#stateStores = new Map()
    const { start, name, node } = this.index.attributeStores
    const state = this.nameId('state')
    for (let scope = 0; scope < this.index.scopeCount && state >= 0; scope++) {
      for (let i = start[scope]!; i < start[scope + 1]!; i++) {
        const module = this.index.scopeModule[scope]!
        const tree = this.index.trees[module]!
        const object = node[i]! + 1
        if (tree.kind(object) !== Kind.Attribute || tree.name(object) !== state) continue
        const list = this.#stateStores.get(name[i]!)
        if (list === undefined) this.#stateStores.set(name[i]!, [{ module, node: node[i]! }])
        else if (list.length < 8) list.push({ module, node: node[i]! })
      }
    }
    return this.#stateStores
  }

  // Calls --------------------------------------------------------------------------------------------------------

  #call(module: number, tree: SyntaxTree, node: number): TypeId {
    if (tree.kind(node + 1) === Kind.Name) {
      const name = tree.text(node + 1)
      const special = this.isTypeScript
        ? (this.#loaded(module, tree, node, name) ??
          (name === 'super' ? this.#builtinCall(module, tree, node, name) : undefined))
        : this.#builtinCall(module, tree, node, name)
      if (special !== undefined) return special
    }
    const callee = this.typeOf(module, node + 1)
    if (callee === UNKNOWN) return UNKNOWN
    if (this.table.kind[callee] === TypeKind.Outside && tree.has(node, Flag.NEW) && this.isTypeScript) {
      return this.table.make(TypeKind.OutsideInstance, this.table.a[callee]!)
    }
    return this.called(module, callee, node)
  }

  /** `require('x')` and `import('x')`. */
  #loaded(module: number, tree: SyntaxTree, node: number, name: string): TypeId | undefined {
    if (name !== 'require' && name !== 'import') return undefined
    const argument = tree.nextSibling(node + 1)
    if (argument < 0 || tree.kind(argument) !== Kind.String || tree.value(argument) < 0) return undefined
    const type = this.moduleNamed(module, tree.text(argument))
    if (name === 'import') return this.table.wrap(TypeKind.Awaitable, type)
    // What a CommonJS module assigns as a whole is what `require` gives.
    if (this.table.kind[type] !== TypeKind.Module) return type
    const other = this.table.a[type]!
    const whole = this.names.bindingsIn(this.index.firstScope[other]!, this.nameId('export='))
    return whole.length > 0 ? this.unionOf(other, whole) : type
  }

  #builtinCall(module: number, tree: SyntaxTree, node: number, name: string): TypeId | undefined {
    if (!SHAPERS.has(name)) return undefined
    const callee = this.typeOf(module, node + 1)
    if (this.table.kind[callee] !== TypeKind.Outside) return undefined
    const { table } = this
    const first = tree.nextSibling(node + 1)
    const argument = first >= 0 && tree.kind(first) !== Kind.Keyword ? first : -1
    switch (name) {
      case 'super': {
        const owner = this.#classAround(module, node)
        return owner < 0 ? UNKNOWN : table.make(TypeKind.Super, owner, table.make(TypeKind.Instance, owner))
      }
      case 'cast': {
        return argument < 0 ? UNKNOWN : this.annotated(module, argument)
      }
      case 'type': {
        if (argument < 0 || tree.nextSibling(argument) >= 0) return UNKNOWN
        return this.#classesOf(this.typeOf(module, argument))
      }
      case 'partial':
        return argument < 0
          ? UNKNOWN
          : table.wrap(TypeKind.Callable, this.called(module, this.typeOf(module, argument), -1))
      case 'list':
      case 'set':
      case 'tuple':
      case 'sorted':
      case 'frozenset':
        return table.wrap(
          TypeKind.List,
          argument < 0 ? UNKNOWN : this.element(module, this.typeOf(module, argument), false),
        )
      case 'iter':
      case 'reversed':
        return table.wrap(
          TypeKind.Iterator,
          argument < 0 ? UNKNOWN : this.element(module, this.typeOf(module, argument), false),
        )
      case 'filter': {
        const second = argument < 0 ? -1 : tree.nextSibling(argument)
        return table.wrap(
          TypeKind.Iterator,
          second < 0 ? UNKNOWN : this.element(module, this.typeOf(module, second), false),
        )
      }
      case 'next':
      case 'anext':
        return argument < 0 ? UNKNOWN : this.element(module, this.typeOf(module, argument), name === 'anext')
      case 'max':
      case 'min':
        return argument < 0 ? UNKNOWN : this.element(module, this.typeOf(module, argument), false)
      case 'enumerate':
        return table.wrap(
          TypeKind.Iterator,
          table.tuple([UNKNOWN, argument < 0 ? UNKNOWN : this.element(module, this.typeOf(module, argument), false)]),
        )
      default:
        return undefined
    }
  }

  /** Result of calling a value of a type. `call` is the Call node in `module`, -1 when the arguments are not known. */
  called(module: number, callee: TypeId, call: number): TypeId {
    const { table } = this
    if (table.kind[callee] === TypeKind.Union) {
      return table.union(table.members(callee).map((member) => this.called(module, member, call)))
    }
    const a = table.a[callee]!
    switch (table.kind[callee]) {
      case TypeKind.Class:
        return this.#made(a)
      case TypeKind.Function:
        return this.#received(a, this.resultOf(a), table.b[callee]!)
      case TypeKind.Callable:
        return a
      case TypeKind.Outside:
        return this.#outsideCall(module, callee, table.outsideName(a), call)
      case TypeKind.OutsideMethod: {
        const entry = this.entryOf(table.outsideName(a))
        return entry === undefined ? UNKNOWN : this.entryResult(entry, table.b[callee]!, module, call)
      }
      case TypeKind.Instance: {
        const id = this.nameId('__call__')
        const method = this.memberOf(module, callee, id, '__call__')
        return method === UNKNOWN ? UNKNOWN : this.called(module, method, call)
      }
      case TypeKind.OutsideInstance: {
        const method = this.libraries.methodOf(table.outsideName(a), '__call__')
        return method === undefined ? UNKNOWN : this.entryResult(method.entry, callee, module, call)
      }
      default:
        return UNKNOWN
    }
  }

  #made(scope: number): TypeId {
    return this.table.make(TypeKind.Instance, scope)
  }

  #outsideCall(module: number, callee: TypeId, name: string, call: number): TypeId {
    const { table } = this
    const entry = this.libraries.functionOf(name)
    if (entry !== undefined) return this.entryResult(entry, callee, module, call)
    if (this.libraries.classOf(name) !== undefined) return table.make(TypeKind.OutsideInstance, table.a[callee]!)
    const dot = name.lastIndexOf('.')
    // A class by its spelling: enough to say "an instance of that", never enough for a finding.
    const initial = name.charCodeAt(dot + 1)
    if (initial >= 65 && initial <= 90) return table.make(TypeKind.OutsideInstance, table.a[callee]!)
    if (name.startsWith('builtins.')) return table.make(TypeKind.OutsideInstance, table.a[callee]!)
    const method = dot > 0 ? this.libraries.methodOf(name.slice(0, dot), name.slice(dot + 1)) : undefined
    return method === undefined ? UNKNOWN : this.entryResult(method.entry, callee, module, call)
  }

  /** The table's entry for a full name of a library: a function, or `Class.method`. */
  entryOf(name: string): LibraryEntry | undefined {
    const entry = this.libraries.functionOf(name)
    if (entry !== undefined) return entry
    const dot = name.lastIndexOf('.')
    return dot < 0 ? undefined : this.libraries.methodOf(name.slice(0, dot), name.slice(dot + 1))?.entry
  }

  /** What a library call gives: its listed type, in a coroutine when it is async. */
  entryResult(entry: LibraryEntry, receiver: TypeId, module: number, call: number): TypeId {
    const type = entry.returns === undefined ? UNKNOWN : this.textType(entry.returns, receiver, module, call)
    return entry.isAsync ? this.table.wrap(TypeKind.Awaitable, type) : type
  }

  /** A type as a library table writes it, for a receiver and (when known) a call. */
  textType(text: TypeText, receiver: TypeId, module: number, call: number): TypeId {
    const { table } = this
    const wrapper = WRAPPERS[text.head]
    if (wrapper !== undefined && text.argument !== undefined) {
      return table.wrap(wrapper, this.textType(text.argument, receiver, module, call))
    }
    switch (text.head) {
      case 'self':
        return table.kind[receiver] === TypeKind.OutsideInstance || table.kind[receiver] === TypeKind.Instance
          ? receiver
          : this.#instanceOf(receiver)
      case 'item':
        return table.kind[receiver] === TypeKind.OutsideInstance || table.kind[receiver] === TypeKind.Instance
          ? table.b[receiver]!
          : UNKNOWN
      case 'made':
        return table.kind[receiver] === TypeKind.Class || table.kind[receiver] === TypeKind.Outside
          ? this.#instanceOf(receiver)
          : receiver
      case 'class':
        return text.argument === undefined ? UNKNOWN : table.outside(text.argument.head)
      case 'first':
      case 'first()': {
        const argument = this.argumentOf(module, call, 0, '')
        if (argument < 0) return UNKNOWN
        const type = this.typeOf(module, argument)
        return text.head === 'first' ? type : this.called(module, type, -1)
      }
    }
    if (text.keyword !== '') {
      const argument = this.argumentOf(module, call, -1, text.keyword)
      if (argument >= 0) {
        const given = this.called(module, this.typeOf(module, argument), -1)
        if (given !== UNKNOWN) return given
      }
    }
    const argument = text.argument === undefined ? UNKNOWN : this.textType(text.argument, receiver, module, call)
    return table.outsideInstance(text.head, argument)
  }

  /** Node of an argument of a call, by place (not after a star) or keyword; -1 when it is not given. */
  argumentOf(module: number, call: number, place: number, keyword: string): number {
    if (call < 0 || module < 0) return -1
    const tree = this.index.trees[module]!
    let i = 0
    for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
      const kind = tree.kind(at)
      if (kind === Kind.Keyword) {
        if (keyword !== '' && tree.value(at) >= 0 && tree.text(at) === keyword) return at + 1
        continue
      }
      if (kind === Kind.Starred) return -1
      if (i === place) return at
      i++
    }
    return -1
  }

  /** A method that gives back its own class gives the receiver's class. */
  #received(scope: number, result: TypeId, receiver: TypeId): TypeId {
    const { table } = this
    if (receiver === UNKNOWN || result === UNKNOWN) return result
    const owner = this.ownerOf(scope)
    if (owner < 0 || table.kind[result] !== TypeKind.Instance || table.a[result] !== owner) return result
    const kind = table.kind[receiver]
    if (kind === TypeKind.Instance) return table.a[receiver] === owner ? result : receiver
    return kind === TypeKind.Class ? table.make(TypeKind.Instance, table.a[receiver]!) : result
  }

  /** What calling a function gives, with its async, generator and decorator nature applied. */
  resultOf(scope: number): TypeId {
    const known = this.#results[scope]!
    if (known >= 0) return known
    if (known === IN_PROGRESS || this.#depth > MAX_DEPTH) {
      this.#circles++
      return UNKNOWN
    }
    this.#results[scope] = IN_PROGRESS
    this.#depth++
    const result = this.#result(scope)
    this.#depth--
    this.#results[scope] = result
    return result
  }

  #result(scope: number): TypeId {
    const { table } = this
    const module = this.index.scopeModule[scope]!
    const tree = this.index.trees[module]!
    const definition = this.index.scopeNode[scope]!
    if (tree.kind(definition) === Kind.Lambda) {
      const last = tree.lastChild(definition)
      const hasBody = tree.kind(last) === Kind.Body
      const value = hasBody ? this.#inferredResult(scope, module, tree, false) : this.typeOf(module, last)
      return tree.has(definition, Flag.ASYNC) ? table.wrap(TypeKind.Awaitable, this.awaitedOrSelf(value)) : value
    }
    const isAsync = tree.has(definition, Flag.ASYNC)
    const isGenerator = tree.has(definition, Flag.GENERATOR)
    const returns = tree.childOf(definition, Kind.Returns)
    let declared = returns < 0 ? UNKNOWN : this.annotated(module, returns + 1)
    const declaredKind = table.kind[declared]
    const isStream = declaredKind === TypeKind.Iterator || declaredKind === TypeKind.AsyncIterator
    if (isGenerator && declared !== UNKNOWN && !isStream) declared = table.wrap(TypeKind.Iterator, declared)
    if (declared === UNKNOWN || (isStream && table.a[declared] === UNKNOWN)) {
      const inferred = this.#inferredResult(scope, module, tree, isGenerator)
      if (isGenerator) declared = table.wrap(isAsync ? TypeKind.AsyncIterator : TypeKind.Iterator, inferred)
      else if (declared === UNKNOWN) declared = inferred
    }
    // An async function of TypeScript declares the promise that it gives.
    if (isAsync && !isGenerator)
      declared = table.wrap(TypeKind.Awaitable, this.isTypeScript ? this.awaitedOrSelf(declared) : declared)
    return this.#decorate(scope, module, tree, definition, declared)
  }

  #inferredResult(scope: number, module: number, tree: SyntaxTree, isGenerator: boolean): TypeId {
    const { start, node } = this.index.results
    const types: TypeId[] = []
    for (let i = start[scope]!; i < start[scope + 1]! && types.length < 12; i++) {
      const at = node[i]!
      const kind = tree.kind(at)
      const value = tree.firstChild(at)
      if (value < 0) continue
      if (isGenerator) {
        if (kind === Kind.Yield) types.push(this.typeOf(module, value))
        else if (kind === Kind.YieldFrom) types.push(this.element(module, this.typeOf(module, value), false))
      } else if (kind === Kind.Return) types.push(this.typeOf(module, value))
    }
    return this.table.union(types)
  }

  #decorate(scope: number, module: number, tree: SyntaxTree, definition: number, result: TypeId): TypeId {
    const { table } = this
    let decorated = result
    for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
      const name = lastName(tree, at + 1)
      if (CONTEXT_DECORATORS.has(name)) {
        const kind = table.kind[decorated]
        if (kind === TypeKind.Iterator || kind === TypeKind.AsyncIterator) {
          decorated = table.wrap(TypeKind.Context, table.a[decorated]!)
        }
      }
    }
    if (this.isOffloadingDecorator(scope, module, tree, definition) && table.kind[decorated] !== TypeKind.Awaitable) {
      decorated = table.wrap(TypeKind.Awaitable, decorated)
    }
    return decorated
  }

  /** Whether a decorator turns a sync function into one that runs elsewhere: `@sync_to_async`, or a project's own. */
  isOffloadingDecorator(scope: number, module: number, tree: SyntaxTree, definition: number): boolean {
    const known = this.#decorated.get(scope)
    if (known !== undefined) return known === 1
    this.#decorated.set(scope, 0)
    let offloads = false
    if (!tree.has(definition, Flag.ASYNC)) {
      for (
        let at = tree.firstChild(definition);
        at >= 0 && tree.kind(at) === Kind.Decorator;
        at = tree.nextSibling(at)
      ) {
        if (PLAIN_DECORATORS.has(lastName(tree, at + 1))) continue
        const isCall = tree.kind(at + 1) === Kind.Call
        const callee = isCall ? at + 2 : at + 1
        const type = this.typeOf(module, callee)
        if (this.#turnsAsync(type, isCall)) offloads = true
      }
    }
    this.#decorated.set(scope, offloads ? 1 : 0)
    return offloads
  }

  /** A decorator that gives back an async function, so that the decorated sync one is called from inside it. */
  #turnsAsync(decorator: TypeId, isFactory: boolean): boolean {
    const { table } = this
    if (table.kind[decorator] === TypeKind.Outside) {
      return this.entryOf(table.outsideName(table.a[decorator]!))?.offloads ?? false
    }
    if (table.kind[decorator] !== TypeKind.Function) return false
    let result = this.resultOf(table.a[decorator]!)
    if (isFactory && table.kind[result] === TypeKind.Function) result = this.resultOf(table.a[result]!)
    if (table.kind[result] !== TypeKind.Function) return false
    const scope = table.a[result]!
    const tree = this.index.trees[this.index.scopeModule[scope]!]!
    return (
      tree.has(this.index.scopeNode[scope]!, Flag.ASYNC) && tree.kind(this.index.scopeNode[scope]!) === Kind.FunctionDef
    )
  }

  // Shapes -------------------------------------------------------------------------------------------------------

  /** What is inside of a promise, or the type itself. */
  awaitedOrSelf(type: TypeId): TypeId {
    const { table } = this
    return table.union(table.members(type).map((one) => (table.kind[one] === TypeKind.Awaitable ? table.a[one]! : one)))
  }

  /** Result of `await`. */
  awaited(type: TypeId): TypeId {
    const { table } = this
    // Awaiting what is no promise gives the thing itself.
    if (this.isTypeScript) return this.awaitedOrSelf(type)
    return table.union(
      table
        .members(type)
        .map((m) =>
          table.kind[m] === TypeKind.Awaitable
            ? table.a[m]!
            : table.kind[m] === TypeKind.Context
              ? table.a[m]!
              : UNKNOWN,
        ),
    )
  }

  /** What iterating gives. */
  element(module: number, type: TypeId, isAsync: boolean): TypeId {
    const { table } = this
    return table.union(
      table.members(type).map((member) => {
        switch (table.kind[member]) {
          case TypeKind.List:
          case TypeKind.Iterator:
          case TypeKind.AsyncIterator:
            return table.a[member]!
          case TypeKind.Tuple:
            return table.union(table.items(member))
          case TypeKind.Instance:
          case TypeKind.OutsideInstance: {
            const method = isAsync ? '__aiter__' : '__iter__'
            const id = this.nameId(method)
            let result = this.called(module, this.memberOf(module, member, id, method), -1)
            if (table.kind[result] === TypeKind.Awaitable) result = table.a[result]!
            if (table.kind[result] === TypeKind.Iterator || table.kind[result] === TypeKind.AsyncIterator)
              return table.a[result]!
            return table.kind[member] === TypeKind.OutsideInstance || table.b[member] !== 0 ? result : UNKNOWN
          }
          default:
            return UNKNOWN
        }
      }),
    )
  }

  /** What `with … as x` gives. */
  entered(module: number, type: TypeId, isAsync: boolean): TypeId {
    const { table } = this
    return table.union(
      table.members(type).map((member) => {
        switch (table.kind[member]) {
          case TypeKind.Context:
          case TypeKind.Iterator:
          case TypeKind.AsyncIterator:
            return table.a[member]!
          case TypeKind.Instance:
          case TypeKind.OutsideInstance: {
            const method = isAsync ? '__aenter__' : '__enter__'
            const id = this.nameId(method)
            const enter = this.memberOf(module, member, id, method)
            if (enter === UNKNOWN) return member
            let result = this.called(module, enter, -1)
            if (table.kind[result] === TypeKind.Awaitable) result = table.a[result]!
            return result
          }
          default:
            return UNKNOWN
        }
      }),
    )
  }

  #subscript(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this
    const object = this.typeOf(module, node + 1)
    const index = tree.nextSibling(node + 1)
    return table.union(
      table.members(object).map((member) => {
        switch (table.kind[member]) {
          case TypeKind.Class:
          case TypeKind.Outside:
            return member
          case TypeKind.List:
            return tree.kind(index) === Kind.Slice ? member : table.a[member]!
          case TypeKind.Dict:
            return table.a[member]!
          case TypeKind.Tuple: {
            const items = table.items(member)
            return tree.kind(index) === Kind.Number ? (items[tree.value(index)] ?? UNKNOWN) : table.union(items)
          }
          case TypeKind.OutsideInstance:
          case TypeKind.Instance: {
            if (tree.kind(index) === Kind.Slice) return member
            const id = this.nameId('__getitem__')
            const method = this.memberOf(module, member, id, '__getitem__')
            return method === UNKNOWN ? UNKNOWN : this.called(module, method, -1)
          }
          default:
            return UNKNOWN
        }
      }),
    )
  }

  #isText(type: TypeId): boolean {
    return type === this.table.outsideInstance('builtins.str')
  }
}

/** Last name of a dotted expression or of the callee of a call: `a.b.c(…)` gives `c`. */
export function lastName(tree: SyntaxTree, node: number): string {
  const at = tree.kind(node) === Kind.Call ? node + 1 : node
  const kind = tree.kind(at)
  return kind === Kind.Name || kind === Kind.Attribute ? tree.text(at) : ''
}

const SHAPERS = new Set(
  'super cast type partial list set tuple sorted frozenset iter reversed filter next anext max min enumerate'.split(
    ' ',
  ),
)
const PLAIN_DECORATORS = new Set(
  'property cached_property classmethod staticmethod contextmanager asynccontextmanager abstractmethod override wraps lru_cache cache setter'.split(
    ' ',
  ),
)
/** Generic types of TypeScript; `Unknown` stands for "the argument itself". */
const TYPESCRIPT_GENERICS = new Map<string, { readonly kind: number; readonly argument: number }>([
  ...['Array', 'ReadonlyArray', 'Set', 'ReadonlySet'].map(
    (name) => [name, { kind: TypeKind.List, argument: 0 }] as const,
  ),
  ...['Iterable', 'Iterator', 'IterableIterator', 'Generator'].map(
    (name) => [name, { kind: TypeKind.Iterator, argument: 0 }] as const,
  ),
  ...['AsyncIterable', 'AsyncIterator', 'AsyncIterableIterator', 'AsyncGenerator'].map(
    (name) => [name, { kind: TypeKind.AsyncIterator, argument: 0 }] as const,
  ),
  ...['Promise', 'PromiseLike'].map((name) => [name, { kind: TypeKind.Awaitable, argument: 0 }] as const),
  ...['Map', 'ReadonlyMap', 'Record', 'WeakMap'].map((name) => [name, { kind: TypeKind.Dict, argument: 1 }] as const),
  ...['Partial', 'Required', 'Readonly', 'NonNullable', 'Awaited', 'Pick', 'Omit', 'DeepPartial'].map(
    (name) => [name, { kind: TypeKind.Unknown, argument: 0 }] as const,
  ),
])
/** Names that every program of Node has; their members are looked up in the tables under the same name. */
const GLOBALS = new Set(
  'Atomics JSON Promise process Buffer globalThis fetch setTimeout setInterval setImmediate queueMicrotask console'.split(
    ' ',
  ),
)

function globalOf(table: TypeTable, text: string): TypeId {
  if (text === 'super') return table.outside('builtins.super')
  return GLOBALS.has(text) ? table.outside(text) : UNKNOWN
}

const BUILTIN_GENERICS = new Set([
  'list',
  'List',
  'dict',
  'Dict',
  'set',
  'Set',
  'Generator',
  'Iterator',
  'Iterable',
  'Sequence',
  'Callable',
])
const BUILTINS = new Set(
  'open input print len list dict set tuple str int float bool bytes bytearray object type super isinstance issubclass getattr setattr hasattr sorted reversed enumerate zip map filter iter next anext aiter range sum min max any all abs round repr id hash callable vars dir exec eval compile __import__ frozenset property staticmethod classmethod Exception ValueError KeyError'.split(
    ' ',
  ),
)
