// Module-level names of TypeScript that hold something changeable, and where functions change them.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName } from '../../survey/expressions.ts'
import type { ModuleVariable, StateWrite } from '../../survey/module-state.ts'

const CONTAINERS = /^(?:Map|Set|Array)$/
const MUTATORS = /^(?:set|add|delete|clear|push|pop|shift|unshift|splice)$/

/** Variables of these modules by `module:name`. */
export function variablesIn(
  { program, trees }: RuleContext,
  modules: ReadonlySet<ModuleId>,
): ReadonlyMap<string, ModuleVariable> {
  const found = new Map<string, ModuleVariable>()
  for (const module of modules) {
    const tree = trees[module]!
    for (let at = tree.firstChild(0); at >= 0; at = tree.nextSibling(at)) {
      const kind = tree.kind(at)
      if ((kind !== Kind.Assign && kind !== Kind.AnnAssign) || tree.kind(at + 1) !== Kind.Name) continue
      const name = tree.text(at + 1)
      const what = describe(tree, at)
      if (what !== undefined) found.set(`${program.modules[module]!.name}:${name}`, { module, node: at, name, ...what })
    }
  }
  return found
}

function describe(tree: SyntaxTree, statement: number): Pick<ModuleVariable, 'kind' | 'made'> | undefined {
  // `let last: Date | undefined` has a type and no value.
  if (tree.kind(statement) === Kind.AnnAssign && tree.childCount(statement) < 3) {
    return { kind: 'scalar', made: 'variable' }
  }
  const value = tree.lastChild(statement)
  switch (tree.kind(value)) {
    case Kind.Dict:
      return { kind: 'container', made: 'object' }
    case Kind.List:
      return { kind: 'container', made: 'array' }
    case Kind.None:
    case Kind.True:
    case Kind.False:
    case Kind.Number:
    case Kind.String:
      return { kind: 'scalar', made: 'variable' }
    case Kind.Name:
      return tree.text(value) === 'undefined' ? { kind: 'scalar', made: 'variable' } : undefined
    case Kind.Call: {
      const name = calleeName(tree, value)
      return CONTAINERS.test(name) ? { kind: 'container', made: name } : undefined
    }
    default:
      return undefined
  }
}

/** Changes of these variables inside functions, in module order. */
export function writesIn(
  context: RuleContext,
  modules: ReadonlySet<ModuleId>,
  variables: ReadonlyMap<string, ModuleVariable>,
): StateWrite[] {
  const { trees } = context
  const names = new Set<number>()
  const strings = trees[0]?.strings
  if (strings === undefined) return []
  for (const variable of variables.values()) names.add(strings.id(variable.name))
  const writes: StateWrite[] = []
  for (const module of [...modules].sort((a, b) => a - b)) {
    const tree = trees[module]!
    for (let node = 1; node < tree.size; node++) {
      const change = changeAt(tree, node)
      if (change === undefined || !names.has(tree.name(change.object)) || tree.enclosingFunction(node) < 0) continue
      const variable = variableAt(context, variables, module, change.object)
      if (variable === undefined) continue
      if (variable.kind !== 'container' && change.how !== 'assigned' && change.how !== 'changed') continue
      writes.push({ module, node, variable, how: change.how })
    }
  }
  return writes
}

interface Change {
  readonly object: number
  readonly how: string
}

/** `x = …` and `x++` of a name outside of the function, `x[k] = …`, `x.k = …`, `x.set(…)`. */
function changeAt(tree: SyntaxTree, node: number): Change | undefined {
  switch (tree.kind(node)) {
    case Kind.Name:
      if (!tree.has(node, Flag.REBOUND)) return undefined
      return { object: node, how: tree.has(node, Flag.AUGMENTED) ? 'changed' : 'assigned' }
    case Kind.Subscript:
    case Kind.Attribute:
      if (!tree.has(node, Flag.STORE) || tree.kind(node + 1) !== Kind.Name) return undefined
      return { object: node + 1, how: 'an item set' }
    case Kind.Call: {
      if (tree.kind(node + 1) !== Kind.Attribute || tree.kind(node + 2) !== Kind.Name) return undefined
      const method = tree.text(node + 1)
      return MUTATORS.test(method) ? { object: node + 2, how: `\`.${method}()\`` } : undefined
    }
    default:
      return undefined
  }
}

/** The variable that a name means, also one that was imported. */
function variableAt(
  context: RuleContext,
  variables: ReadonlyMap<string, ModuleVariable>,
  module: ModuleId,
  name: number,
): ModuleVariable | undefined {
  // Programs are only ever built by buildProgram, which makes this class.
  const { inference } = context.program as AnalysedProgram
  const tree = context.trees[module]!
  const bound = inference.names.lookUp(inference.names.scopeOf(module, name), tree.name(name))
  if (bound === undefined || bound.scope !== context.program.functionAt(module, 0)) return undefined
  const isImported = tree.kind(bound.nodes[0]!) === Kind.Alias
  const place = isImported ? inference.definitionOf(module, name) : { module, node: name }
  if (place === undefined || context.trees[place.module]!.kind(place.node) !== Kind.Name) return undefined
  const { name: home } = context.program.modules[place.module]!
  return variables.get(`${home}:${context.trees[place.module]!.text(place.node)}`)
}
