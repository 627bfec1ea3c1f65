// What an expression is, as rules ask for it: object literals, classes of the project, the call that made a value.
import { Flag, Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { FunctionId } from '../graph/contract.ts'
import { TypeKind } from '../graph/inference/type-table.ts'
import type { AnalysedProgram } from '../graph/program/build-program.ts'
import type { RuleContext } from '../rule/rule.ts'
import { positional } from './expressions.ts'
import type { Site } from './survey.ts'

// Programs are only ever built by buildProgram, which makes this class.
const analysed = ({ program }: RuleContext): AnalysedProgram => program as AnalysedProgram

/** The object literals of TypeScript that an expression is; undefined when it may be something else. */
export function literalsOf(context: RuleContext, { module, node }: Site): readonly Site[] | undefined {
  const { inference } = analysed(context)
  const { table } = inference
  const members = table.members(inference.typeOf(module, node))
  if (members.every((one) => table.kind[one] === TypeKind.Literal))
    return members.map((one) => ({ module: table.a[one]!, node: table.b[one]! }))
  // `const options: AxiosRequestConfig = { … }`
  const place = inference.definitionOf(module, node)
  if (place === undefined) return undefined
  const tree = context.trees[place.module]!
  const statement = tree.parent(place.node)
  const isAssigned = tree.kind(statement) === Kind.AnnAssign || tree.kind(statement) === Kind.Assign
  const value = isAssigned ? tree.lastChild(statement) : -1
  if (value < 0 || tree.kind(value) !== Kind.Dict || isChanged(tree, place.node)) return undefined
  return [{ module: place.module, node: value }]
}

/** `options.signal = …` after the literal: it does not say everything. */
function isChanged(tree: SyntaxTree, name: number): boolean {
  const scope = tree.scope(name)
  for (let at = scope; at < tree.end(scope); at++) {
    const isStore = (tree.kind(at) === Kind.Attribute || tree.kind(at) === Kind.Subscript) && tree.has(at, Flag.STORE)
    if (isStore && tree.kind(at + 1) === Kind.Name && tree.name(at + 1) === tree.name(name)) return true
  }
  return false
}

/** Classes of the project, with their bases, that an expression is an instance of, as bodies of code. */
export function projectClassesOf(context: RuleContext, { module, node }: Site): FunctionId[] {
  const { inference } = analysed(context)
  const { table, classes } = inference
  return table
    .members(inference.typeOf(module, node))
    .filter((one) => table.kind[one] === TypeKind.Instance)
    .flatMap((one) => classes.ancestors(table.a[one]!))
    .flatMap(({ scope }) => (scope < 0 ? [] : [scope]))
}

/** Functions of the project that an expression names. */
export function functionsOf(context: RuleContext, { module, node }: Site): FunctionId[] {
  const { inference } = analysed(context)
  const { table } = inference
  return table
    .members(inference.typeOf(module, node))
    .filter((one) => table.kind[one] === TypeKind.Function)
    .map((one) => table.a[one]!)
}

/** Where a body of code is defined: its module and the node of its FunctionDef, ClassDef or Lambda. */
export function definitionOf(context: RuleContext, fn: FunctionId): Site {
  const { index } = analysed(context)
  return { module: index.scopeModule[fn]!, node: index.scopeNode[fn]! }
}

/** The value that a name, or an attribute of an object of the project, was given first; undefined when nobody is seen to. */
export function givenValue(context: RuleContext, site: Site): Site | undefined {
  return givenValues(context, site)[0]
}

/** Every value that a name, or an attribute of an object of the project, is seen to be given. */
export function givenValues(context: RuleContext, site: Site): Site[] {
  const { inference } = analysed(context)
  const { table, classes, index } = inference
  const tree = context.trees[site.module]!
  const found: Site[] = []
  if (tree.kind(site.node) === Kind.Attribute) {
    for (const owner of table.members(inference.typeOf(site.module, site.node + 1))) {
      if (table.kind[owner] !== TypeKind.Instance && table.kind[owner] !== TypeKind.Class) continue
      const member = classes.find(table.a[owner]!, tree.name(site.node))
      if (member === undefined) continue
      const module = index.scopeModule[member.scope]!
      // `client: AxiosInstance` in the body declares; what its methods set gives the value.
      const stores = member.onInstance ? [] : classes.storesOf(member.scope, tree.name(site.node))
      for (const node of [...member.nodes, ...stores]) {
        const value = assignedTo(context.trees[module]!, node)
        if (value >= 0) found.push({ module, node: value })
      }
    }
    if (found.length > 0) return found
  }
  const place = inference.definitionOf(site.module, site.node)
  if (place === undefined) return found
  const value = assignedTo(context.trees[place.module]!, place.node)
  return value < 0 ? found : [{ module: place.module, node: value }]
}

/** What the functions that call a function give for one of its parameters; undefined when the node is no parameter, or nobody is seen to call. */
export function argumentsFor(context: RuleContext, { module, node }: Site): Site[] | undefined {
  const { program, trees } = context
  const tree = trees[module]!
  if (tree.kind(node) !== Kind.Name) return undefined
  const fn = tree.enclosingFunction(node)
  if (fn < 0) return undefined
  let position = 0
  let parameter = -1
  for (let at = tree.firstChild(fn); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.Param || tree.text(at) === 'this') continue
    if (tree.name(at) === tree.name(node)) parameter = at
    if (parameter >= 0) break
    position++
  }
  if (parameter < 0) return undefined
  const calls = program.callersOf(program.functionAt(module, fn))
  if (calls.length === 0) return undefined
  return calls.flatMap((call) => {
    const from = program.callInfo(call).module
    const given = positional(trees[from]!, program.callNode(call), position)
    return given < 0 ? [] : [{ module: from, node: given }]
  })
}

/** The expressions that a function of the project returns. */
export function resultsOf(context: RuleContext, fn: FunctionId): Site[] {
  const { index } = analysed(context)
  const { module, node: definition } = definitionOf(context, fn)
  const tree = context.trees[module]!
  if (tree.kind(definition) === Kind.Lambda && tree.childOf(definition, Kind.Body) < 0)
    return [{ module, node: tree.lastChild(definition) }]
  const { start, node } = index.results
  const found: Site[] = []
  for (let i = start[fn]!; i < start[fn + 1]!; i++) {
    if (tree.kind(node[i]!) === Kind.Return && tree.firstChild(node[i]!) >= 0)
      found.push({ module, node: node[i]! + 1 })
  }
  return found
}

function assignedTo(tree: SyntaxTree, target: number): number {
  const statement = tree.parent(target)
  const kind = tree.kind(statement)
  if (kind === Kind.Assign) return tree.lastChild(statement)
  return kind === Kind.AnnAssign ? tree.child(statement, 2) : -1
}

/** Where the class of an attribute's object defines the attribute, for an instance of a class of the project. */
export function memberOfInstance(context: RuleContext, { module, node }: Site): Site | undefined {
  const { inference } = analysed(context)
  const { table, classes, index } = inference
  const tree = context.trees[module]!
  for (const owner of table.members(inference.typeOf(module, node + 1))) {
    if (table.kind[owner] !== TypeKind.Instance) continue
    const member = classes.find(table.a[owner]!, tree.name(node))
    if (member !== undefined) return { module: index.scopeModule[member.scope]!, node: member.nodes[0]! }
  }
  return undefined
}

/** A loop or a comprehension of a function over a query set, which asks the database; undefined for none. */
export function queriesByIteration(context: RuleContext, fn: FunctionId): number | undefined {
  const { graph, index } = analysed(context)
  const module = index.scopeModule[fn]!
  const tree = context.trees[module]!
  return graph
    .loopsIn(fn)
    .find((loop) =>
      context.program
        .instanceOf(module, tree.child(loop, 1))
        .some((name) =>
          /^(?:django\.db\.models\.(?:QuerySet|Manager)|sqlalchemy\.orm\.Query|mongoengine\.QuerySet)$/.test(name),
        ),
    )
}

/** A method of a class of the project or of its bases. */
export function methodOf(context: RuleContext, classScope: FunctionId, name: string): FunctionId | undefined {
  const { inference, index } = analysed(context)
  const member = inference.classes.find(classScope, inference.nameId(name))
  if (member === undefined || member.onInstance) return undefined
  const module = index.scopeModule[member.scope]!
  const node = member.nodes.find((one) => context.trees[module]!.kind(one) === Kind.FunctionDef)
  return node === undefined ? undefined : inference.names.scopeAt(module, node)
}
