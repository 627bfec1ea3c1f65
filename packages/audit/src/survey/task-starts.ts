// Where Python makes tasks of an event loop, directly or through functions of the project that make one of what they are given.
import { Flag, Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { CallId, FunctionId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { calleeName, positional } from './expressions.ts'
import { type Site, surveyOf } from './survey.ts'
import { definitionOf, functionsOf } from './what-it-is.ts'
import { isProduct } from './whereabouts.ts'

/** A task that is made. The node is the call that makes it, in the function that knows what runs in it. */
export interface TaskStart extends Site {
  /** Functions whose coroutine runs in it, as far as they are known. */
  readonly work: readonly FunctionId[]
  /** What runs, as written: `send_mail`. */
  readonly name: string
  /** The function waits for its end, hands it on, or keeps it with its object. */
  readonly isMinded: boolean
}

const DIRECT = /^asyncio\.(?:(?:tasks\.)?(?:create_task|ensure_future)|AbstractEventLoop\.create_task)$/
/** A function that makes a task of a parameter may itself be called so, a few times over. */
const ROUNDS = 3

const known = new WeakMap<Program, readonly TaskStart[]>()

/** Every task in product code, in the order of modules and lines. */
export function taskStarts(context: RuleContext): readonly TaskStart[] {
  let starts = known.get(context.program)
  if (starts === undefined) {
    starts = [...findStarts(context)].sort((a, b) => a.module - b.module || a.node - b.node)
    known.set(context.program, starts)
  }
  return starts
}

interface Making {
  readonly module: number
  readonly call: CallId
  readonly node: number
  /** The expression that the task runs. */
  readonly coroutine: number
}

function findStarts(context: RuleContext): TaskStart[] {
  const { program } = context
  const starts: TaskStart[] = []
  const taken = new Set<CallId>()
  let makings = directMakings(context)
  for (let round = 0; round < ROUNDS && makings.length > 0; round++) {
    const further: Making[] = []
    for (const making of makings) {
      if (taken.has(making.call)) continue
      taken.add(making.call)
      const parameter = parameterHanded(context, making)
      if (parameter === undefined) starts.push(startOf(context, making))
      else further.push(...makingsThrough(context, parameter))
    }
    makings = further
  }
  return starts.filter(({ module }) => isProduct(program.modules[module]!))
}

function directMakings(context: RuleContext): Making[] {
  const { program, trees } = context
  const found: Making[] = []
  for (const name of ['create_task', 'ensure_future']) {
    for (const { module, node } of surveyOf(context).callsNamed(name)) {
      const call = program.callAt(module, node)
      if (!program.targetsOf(call).some(({ external }) => DIRECT.test(external))) continue
      const coroutine = positional(trees[module]!, node, 0)
      if (coroutine >= 0) found.push({ module, call, node, coroutine })
    }
  }
  return found
}

interface Handed {
  readonly fn: FunctionId
  readonly name: string
  readonly position: number
}

/** The parameter of the function around that the task runs: itself, awaited by a function inside, or given to one that awaits it. */
function parameterHanded(context: RuleContext, { module, node, coroutine }: Making): Handed | undefined {
  const tree = context.trees[module]!
  const around = tree.enclosingFunction(node)
  if (around < 0 || tree.kind(around) !== Kind.FunctionDef) return undefined
  const parameters = parametersOf(tree, around)
  if (parameters.size === 0) return undefined
  const handed = namesIn(tree, coroutine).find((name) => parameters.has(name))
  const awaited = handed ?? wrappedIn(context, module, tree, around, coroutine).find((name) => parameters.has(name))
  if (awaited === undefined) return undefined
  const fn = context.program.functionAt(module, around)
  return { fn, name: context.trees[0]!.strings.text(awaited), position: parameters.get(awaited)! }
}

/** Parameters (run-wide numbers) with their place among the arguments of a call. */
function parametersOf(tree: SyntaxTree, fn: number): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  let position = tree.kind(tree.scope(fn)) === Kind.ClassDef ? -1 : 0
  for (let at = tree.firstChild(fn); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.Param) continue
    if (position >= 0) found.set(tree.name(at), position)
    position++
  }
  return found
}

/** `coro`, and `catch(coro)`; not `work(user, 1)`, whose arguments are data: one argument, given on as it is. */
function namesIn(tree: SyntaxTree, coroutine: number): number[] {
  if (tree.kind(coroutine) === Kind.Name) return [tree.name(coroutine)]
  if (tree.kind(coroutine) !== Kind.Call) return []
  const callee = coroutine + 1
  if (tree.kind(callee) === Kind.Name && tree.childCount(coroutine) === 1) return [tree.name(callee)]
  const only = positional(tree, coroutine, 0)
  return only >= 0 && tree.nextSibling(only) < 0 && tree.kind(only) === Kind.Name && isCallable(tree, only)
    ? [tree.name(only)]
    : []
}

/** A parameter that is annotated as something to call or await, or is named so. */
function isCallable(tree: SyntaxTree, use: number): boolean {
  const fn = tree.enclosingFunction(use)
  for (let at = tree.firstChild(fn); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.Param || tree.name(at) !== tree.name(use)) continue
    for (let part = at + 1; part < tree.end(at); part++) {
      const kind = tree.kind(part)
      if ((kind === Kind.Name || kind === Kind.Attribute) && /^(?:Callable|Coroutine|Awaitable)$/.test(tree.text(part)))
        return true
    }
    return /^(?:coro(?:utine)?|func(?:tion)?|fn|callback|awaitable)$/.test(tree.text(at))
  }
  return false
}

/** `create_task(wrapper())` with `async def wrapper(): await coro` inside the same function: what it awaits. */
function wrappedIn(
  context: RuleContext,
  module: number,
  tree: SyntaxTree,
  around: number,
  coroutine: number,
): number[] {
  if (tree.kind(coroutine) !== Kind.Call) return []
  const inner = functionsOf(context, { module, node: coroutine + 1 })
    .map((fn) => definitionOf(context, fn))
    .find((one) => one.module === module && one.node > around && one.node < tree.end(around))
  if (inner === undefined) return []
  const names: number[] = []
  for (let at = inner.node; at < tree.end(inner.node); at++) {
    if (tree.kind(at) !== Kind.Await) continue
    // `await coro`, `await coro()`, `await asyncio.shield(coro)`.
    for (let part = at + 1; part < tree.end(at); part++) if (tree.kind(part) === Kind.Name) names.push(tree.name(part))
  }
  return names
}

/** Calls of a function that makes a task of a parameter, with what they give for it. */
function makingsThrough({ program, trees }: RuleContext, { fn, name, position }: Handed): Making[] {
  return program.callersOf(fn).flatMap((call): Making[] => {
    const { module } = program.callInfo(call)
    const node = program.callNode(call)
    const tree = trees[module]!
    let coroutine = positional(tree, node, position)
    for (let at = tree.firstChild(node); coroutine < 0 && at >= 0; at = tree.nextSibling(at))
      if (tree.kind(at) === Kind.Keyword && tree.text(at) === name) coroutine = at + 1
    return coroutine < 0 ? [] : [{ module, call, node, coroutine }]
  })
}

function startOf(context: RuleContext, { module, node, coroutine }: Making): TaskStart {
  const { program } = context
  const tree = context.trees[module]!
  const kind = tree.kind(coroutine)
  const work =
    kind === Kind.Call
      ? program
          .targetsOf(program.callAt(module, coroutine))
          .flatMap(({ function: fn, confidence }) => (fn >= 0 && confidence !== 'possible' ? [fn] : []))
      : kind === Kind.Lambda
        ? [program.functionAt(module, coroutine)]
        : functionsOf(context, { module, node: coroutine })
  const named = kind === Kind.Call ? coroutine + 1 : coroutine
  const name = tree.dotted(named) || (kind === Kind.Call ? calleeName(tree, coroutine) : '')
  return { module, node, work, name: name || 'a coroutine', isMinded: isMinded(tree, { module, node }) }
}

/** Calls that keep a task from the garbage collector or write it down, and wait for nothing. */
const KEEPS = /^(?:add|append|add_done_callback|set_name|discard|debug|info|warning|log)$/

/**
 * Whether the function waits for the task, cancels it, hands it on or keeps it with its object. Put into a set of the module it is kept
 * from the garbage collector, which is no minding: nobody waits for it.
 */
function isMinded(tree: SyntaxTree, site: Site): boolean {
  const parent = tree.parent(site.node)
  const kind = tree.kind(parent)
  if (kind === Kind.Expr) return false
  if (kind === Kind.Attribute) {
    // `create_task(f()).add_done_callback(g)`
    return !KEEPS.test(tree.text(parent))
  }
  if (kind === Kind.Call && parent + 1 !== site.node) return !isKeptOutside(tree, parent)
  if ((kind !== Kind.Assign && kind !== Kind.AnnAssign) || tree.kind(parent + 1) !== Kind.Name) return true
  const task = tree.name(parent + 1)
  const fn = Math.max(tree.enclosingFunction(site.node), 0)
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Name || tree.name(at) !== task || tree.has(at, Flag.STORE)) continue
    const use = tree.parent(at)
    const isArgument = tree.kind(use) === Kind.Call && use + 1 !== at
    if (isArgument ? isKeptOutside(tree, use) : isKeeping(tree, at, use)) continue
    if (tree.kind(use) === Kind.Interpolation) continue
    return true
  }
  return false
}

const isKeeping = (tree: SyntaxTree, name: number, use: number): boolean =>
  tree.kind(use) === Kind.Attribute && use + 1 === name && KEEPS.test(tree.text(use))

/** `tasks.add(task)` where the collection is not one of the function, which may wait for all of them. */
function isKeptOutside(tree: SyntaxTree, call: number): boolean {
  if (!KEEPS.test(calleeName(tree, call)) || tree.kind(call + 1) !== Kind.Attribute) return false
  const holder = call + 2
  if (tree.kind(holder) !== Kind.Name) return true
  const fn = tree.enclosingFunction(call)
  if (fn < 0) return true
  for (let at = fn; at < tree.end(fn); at++) {
    const isBinding = tree.kind(at) === Kind.Name ? tree.has(at, Flag.STORE) : tree.kind(at) === Kind.Param
    if (isBinding && tree.name(at) === tree.name(holder)) return false
  }
  return true
}
