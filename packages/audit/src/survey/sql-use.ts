// Where a piece of SQL text is executed: follows it through wrappers, formatting and one variable to the call that runs it.
import { Kind } from '../facts/contract.ts'
import type { Confidence } from '../facts/place.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { ModuleId } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { calleeName } from './expressions.ts'
import { type Site, surveyOf } from './survey.ts'

/** The call that sends the text to a database. */
export interface SqlUse {
  readonly module: ModuleId
  readonly call: number
  /** `execute`, `raw`, `fetchval` … */
  readonly method: string
  /** Full name of the method in its library, or ''. */
  readonly external: string
  /** Definite and probable as the receiver's type is known; probable too when only the text says that it is SQL. */
  readonly confidence: Confidence
}

/** Methods that send their first argument to a database. */
const EXECUTORS: ReadonlySet<string> = new Set(
  (
    'execute executemany executescript execute_async exec exec_driver_sql fetch fetchrow fetchval fetch_all fetch_one fetch_val ' +
    'iterate scalar scalars raw execute_sql execute_query execute_query_dict execute_script execute_raw query_raw mogrify ' +
    'copy_expert stream read_sql read_sql_query run_sql RunSQL execute_read execute_write fetchmany prepare'
  ).split(' '),
)
/** Functions and methods that give text back as text or as a clause. */
const WRAPPERS: ReadonlySet<string> = new Set(
  'text SQL RawSQL DDL literal_column format join strip replace dedent cleandoc sql_text as_string bindparams columns compose Composed'.split(
    ' ',
  ),
)

/** The call that executes the text at a node, or undefined when nobody is seen to execute it. */
export function sqlUse(context: RuleContext, module: ModuleId, text: number): SqlUse | undefined {
  const tree = context.trees[module]!
  const call = executingCall(context, module, tree, text, 0)
  if (call < 0) return undefined
  const id = context.program.callAt(module, call)
  const target = id < 0 ? undefined : context.program.targetsOf(id).find((item) => item.external !== '')
  return {
    module,
    call,
    method: calleeName(tree, call),
    external: target?.external ?? '',
    confidence: target === undefined || target.confidence === 'possible' ? 'probable' : target.confidence,
  }
}

function executingCall(context: RuleContext, module: ModuleId, tree: SyntaxTree, from: number, depth: number): number {
  let node = from
  for (let parent = tree.parent(node); parent >= 0; node = parent, parent = tree.parent(node)) {
    switch (tree.kind(parent)) {
      case Kind.FString:
      case Kind.BinOp:
      case Kind.Await:
      case Kind.NamedExpr:
      case Kind.IfExp:
      case Kind.Keyword:
      case Kind.Starred:
        break
      case Kind.Attribute: {
        // "…".format(…): the text is the receiver of a method that gives text.
        const call = tree.parent(parent)
        if (tree.kind(call) !== Kind.Call || call + 1 !== parent || !WRAPPERS.has(tree.text(parent))) return -1
        break
      }
      case Kind.Call: {
        if (node === parent + 1) break
        const name = calleeName(tree, parent)
        if (EXECUTORS.has(name)) return parent
        if (!WRAPPERS.has(name)) return -1
        break
      }
      case Kind.Assign:
      case Kind.AnnAssign:
        return depth > 0 ? -1 : executorOfVariable(context, module, tree, parent)
      default:
        return -1
    }
  }
  return -1
}

/** The first executing call after `name = text` that is given the name, in the same function; anywhere for a constant. */
function executorOfVariable(context: RuleContext, module: ModuleId, tree: SyntaxTree, assignment: number): number {
  const target = assignment + 1
  if (tree.kind(target) !== Kind.Name && tree.kind(target) !== Kind.Attribute) return -1
  const scope = tree.scope(assignment)
  const isLocal = tree.kind(scope) === Kind.FunctionDef
  const from = isLocal ? assignment : 0
  const to = isLocal ? tree.end(scope) : tree.size
  const calls = executorsByName(context, module, tree).get(tree.name(target)) ?? []
  return calls.find((call) => call >= from && call < to) ?? -1
}

const executors = new WeakMap<SyntaxTree, ReadonlyMap<number, readonly number[]>>()

/** Executing calls of a module by the names that they are given, in source order; found once for a module. */
function executorsByName(
  context: RuleContext,
  module: ModuleId,
  tree: SyntaxTree,
): ReadonlyMap<number, readonly number[]> {
  const known = executors.get(tree)
  if (known !== undefined) return known
  const found = new Map<number, number[]>()
  for (const method of EXECUTORS) {
    const sites = surveyOf(context).callsNamed(method)
    for (let index = firstOf(sites, module); index < sites.length && sites[index]!.module === module; index++) {
      const call = sites[index]!.node
      for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
        for (const name of namesOf(tree, at)) {
          const calls = found.get(name)
          if (calls === undefined) found.set(name, [call])
          else calls.push(call)
        }
      }
    }
  }
  for (const calls of found.values()) calls.sort((a, b) => a - b)
  executors.set(tree, found)
  return found
}

/** Index of a module's first site; sites come in module order. */
function firstOf(sites: readonly Site[], module: ModuleId): number {
  let low = 0
  let high = sites.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sites[middle]!.module < module) low = middle + 1
    else high = middle
  }
  return low
}

/** Names that an argument is or wraps: `QUERY`, `self.QUERY`, `text(QUERY)`, `QUERY.format(…)`, `QUERY % x`. */
function namesOf(tree: SyntaxTree, node: number): number[] {
  const names: number[] = []
  let at = node
  for (let steps = 0; steps < 8; steps++) {
    const kind = tree.kind(at)
    if (kind === Kind.Name) return [...names, tree.name(at)]
    if (kind === Kind.Attribute) {
      names.push(tree.name(at))
      at++
    } else if (kind === Kind.Call) {
      if (!WRAPPERS.has(calleeName(tree, at))) return names
      // `QUERY.format(…)` has the text before the dot, `text(QUERY)` between the parentheses.
      if (tree.kind(at + 1) === Kind.Attribute && tree.kind(at + 2) === Kind.Name) names.push(tree.name(at + 2))
      const argument = tree.nextSibling(at + 1)
      if (argument < 0) return names
      at = argument
    } else if (kind === Kind.BinOp || kind === Kind.Keyword || kind === Kind.Await) at++
    else return names
  }
  return names
}
