// What an expression may be: inferred on question, remembered per node, never by running anything.
//
// Types come from annotations, constructors, results of functions, attributes set in methods or class bodies,
// properties, dependency providers and the library tables. A question costs what it has to look at and no more.
// Here each question goes to the room that answers it; the rooms ask each other through this class.
import { Flag, Kind, Op } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ModuleMap } from '../imports/module-map.ts'
import type { LibraryEntry, LibraryIndex } from '../libraries/library-index.ts'
import type { SourceIndex } from '../source-index.ts'
import { Annotations } from './annotations.ts'
import { BindingTypes } from './binding-types.ts'
import { CallTypes } from './call-types.ts'
import { ClassMembers } from './class-members.ts'
import { type Definition, Definitions } from './definitions.ts'
import { Dependencies } from './dependencies.ts'
import type { Dialect } from './dialect.ts'
import { FunctionResults } from './function-results.ts'
import { FunctionTraits } from './function-traits.ts'
import { LibraryTypes } from './library-types.ts'
import { MemberTypes } from './member-types.ts'
import { ModelFields } from './model-fields.ts'
import { NameTypes } from './name-types.ts'
import { OpenQuestions } from './open-questions.ts'
import { PythonDialect } from './python-dialect.ts'
import { ScopeNames } from './scope-names.ts'
import { Shapes } from './shapes.ts'
import { StoredAttributes } from './stored-attributes.ts'
import { type TypeId, TypeKind, TypeTable, UNKNOWN } from './type-table.ts'
import { TypeScriptDialect } from './typescript-dialect.ts'

const NOT_ASKED = -1
const IN_PROGRESS = -2
/** Places of a tuple that are looked at. */
const MAX_PLACES = 8

/** Answers what expressions are. One per program. */
export class TypeInference {
  readonly index: SourceIndex
  readonly modules: ModuleMap
  readonly libraries: LibraryIndex
  readonly table = new TypeTable()
  readonly names: ScopeNames
  readonly classes: ClassMembers
  readonly questions = new OpenQuestions()
  readonly dialect: Dialect
  readonly nameTypes = new NameTypes(this)
  readonly definitions = new Definitions(this)
  readonly bindings = new BindingTypes(this)
  readonly functions: FunctionTraits
  readonly dependencies = new Dependencies(this)
  readonly annotations: Annotations
  readonly members = new MemberTypes(this)
  readonly modelFields = new ModelFields(this)
  readonly storedAttributes = new StoredAttributes(this)
  readonly calls = new CallTypes(this)
  readonly libraryTypes = new LibraryTypes(this)
  readonly results: FunctionResults
  readonly shapes = new Shapes(this)
  readonly #types: (Int32Array | undefined)[]
  readonly #nameIds = new Map<string, number>()

  constructor(index: SourceIndex, modules: ModuleMap, libraries: LibraryIndex) {
    this.index = index
    this.modules = modules
    this.libraries = libraries
    this.dialect = modules.language === 'typescript' ? new TypeScriptDialect(this) : new PythonDialect(this)
    this.names = new ScopeNames(index)
    this.classes = new ClassMembers(index, this.names, this.table, (module, node) => this.typeOf(module, node))
    this.functions = new FunctionTraits(index)
    this.annotations = new Annotations(this)
    this.results = new FunctionResults(this)
    this.#types = new Array(index.trees.length)
  }

  /** Names mean what they mean in TypeScript: its globals, its generic types, its object literals. */
  get isTypeScript(): boolean {
    return this.dialect.isTypeScript
  }

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
    const { questions } = this
    let types = this.#types[module]
    if (types === undefined) {
      types = new Int32Array(this.index.trees[module]!.size).fill(NOT_ASKED)
      this.#types[module] = types
    }
    const known = types[node]!
    if (known >= 0) return known
    if (known === IN_PROGRESS || questions.isTooDeep) {
      questions.circles++
      return UNKNOWN
    }
    types[node] = IN_PROGRESS
    questions.enter()
    const type = this.#infer(module, this.index.trees[module]!, node)
    questions.leave()
    types[node] = type
    return type
  }

  #infer(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this
    switch (tree.kind(node)) {
      case Kind.Name:
        return tree.has(node, Flag.STORE)
          ? this.bindings.assigned(module, tree, node)
          : this.nameTypes.used(module, tree, node)
      case Kind.Attribute:
        return tree.has(node, Flag.STORE)
          ? this.bindings.assigned(module, tree, node)
          : this.members.attribute(module, tree, node)
      case Kind.Call:
        return this.calls.written(module, tree, node)
      case Kind.Await:
        return this.dialect.awaited(this.typeOf(module, node + 1))
      case Kind.FunctionDef:
      case Kind.Lambda:
        return table.make(TypeKind.Function, this.names.scopeAt(module, node))
      case Kind.ClassDef:
        return table.make(TypeKind.Class, this.names.scopeAt(module, node))
      case Kind.Param:
        return this.bindings.parameter(module, tree, node)
      case Kind.Alias:
        return this.nameTypes.imported(module, tree, node)
      case Kind.Subscript:
        return this.shapes.subscript(module, tree, node)
      case Kind.NamedExpr:
        return this.typeOf(module, tree.lastChild(node))
      default:
        return this.#inferValue(module, tree, node)
    }
  }

  /** Literals and operators. */
  #inferValue(module: number, tree: SyntaxTree, node: number): TypeId {
    const { table } = this
    switch (tree.kind(node)) {
      case Kind.BoolOp:
      case Kind.IfExp:
        return this.#oneOf(module, tree, node)
      case Kind.BinOp:
        return this.#operation(module, tree, node)
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
        for (let at = tree.firstChild(node); at >= 0 && items.length < MAX_PLACES; at = tree.nextSibling(at)) {
          items.push(this.typeOf(module, at))
        }
        return table.tuple(items)
      }
      case Kind.Dict:
        return this.dialect.dictionary(module, tree, node)
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

  /** `a or b`, and `a if test else b` without its test. */
  #oneOf(module: number, tree: SyntaxTree, node: number): TypeId {
    const isChoice = tree.kind(node) === Kind.IfExp
    const types: TypeId[] = []
    for (let at = node + 1, i = 0; at >= 0; at = tree.nextSibling(at), i++) {
      if (!isChoice || i !== 1) types.push(this.typeOf(module, at))
    }
    return this.table.union(types)
  }

  #operation(module: number, tree: SyntaxTree, node: number): TypeId {
    const left = this.typeOf(module, node + 1)
    const operator = tree.value(node)
    if (operator === Op.Divide) return this.members.resultOfMethod(module, left, '__truediv__')
    if (operator === Op.BitOr || operator === Op.BitAnd) {
      return this.table.kind[left] === TypeKind.OutsideInstance ? left : UNKNOWN
    }
    return this.shapes.isText(left) ? left : UNKNOWN
  }

  // What others ask, besides types of nodes ----------------------------------------------------------------------

  /** Type of an attribute of a type that is no union. `text` is the text of `name`. */
  memberOf(module: number, object: TypeId, name: number, text: string): TypeId {
    return this.members.memberOf(module, object, name, text)
  }

  /** Type of a name that a module offers to importers. */
  exportOf(module: number, name: number): TypeId {
    return this.nameTypes.exportOf(module, name)
  }

  /** The node that defines what a name stands for, through imports; undefined when there are several or none. */
  definitionOf(module: number, node: number): Definition | undefined {
    return this.definitions.of(module, node)
  }

  /** The class whose method a function is, or -1. */
  ownerOf(scope: number): number {
    return this.functions.ownerOf(scope)
  }

  /** The last names of a function's decorators, outermost first: `router.get` gives `get`. */
  decoratorNames(scope: number): readonly string[] {
    return this.functions.decoratorNames(scope)
  }

  /** The table's entry for a full name of a library: a function, or `Class.method`. */
  entryOf(name: string): LibraryEntry | undefined {
    return this.libraryTypes.entryOf(name)
  }

  /** Node of an argument of a call, by place (not after a star) or keyword; -1 when it is not given. */
  argumentOf(module: number, call: number, place: number, keyword: string): number {
    return this.libraryTypes.argumentOf(module, call, place, keyword)
  }
}
