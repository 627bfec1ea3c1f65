// process-state-in-request-path in Python: module-level variables that requests change, so each worker has its own truth.

import type { Detection } from '../../detection/detection.ts'
import { listed } from '../../detection/words.ts'
import { compareOp, Flag, Kind, Op } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { type WorkerCount, webWorkers } from '../../survey/deployment.ts'
import { addTo } from '../../survey/grouping.ts'
import { type ModuleVariable, moduleVariables, type StateWrite, stateWrites } from '../../survey/module-state.ts'
import { keptOutside } from '../../survey/shared-stores.ts'
import { bodyOf, chainTo, placeOf, SERVING, servedBy, subjectOf } from '../../survey/whereabouts.ts'
import { isSessionStore } from './session-store.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const variables = moduleVariables(context)
  const workers = webWorkers(context)
  const byPlace = new Map<string, StateWrite[]>()
  const first = new Map<ModuleVariable, string>()
  if (workers.processes !== 1) {
    for (const write of stateWrites(context, variables)) {
      if (servedBy(context, bodyOf(context, write), SERVING) === undefined) continue
      if (isSessionStore(write.variable) || isMemo(context, write)) continue
      // Variables of one module that one function changes first are one thing to repair.
      const key = first.get(write.variable) ?? `${write.variable.module} ${bodyOf(context, write)}`
      first.set(write.variable, key)
      addTo(byPlace, key, write)
    }
  }
  dropLatches(context, byPlace)
  const containers = [...variables.values()].filter((variable) => variable.kind !== 'scalar').length
  const assurance = keptOutside(context)
  return {
    detections: [...byPlace.values()].map((writes) => detection(context, writes, workers)),
    examined: { count: Math.max(containers, first.size), of: 'module-level variables' },
    ...(assurance === undefined ? {} : { assurance }),
    ...(workers.processes === 1
      ? { couldNotTell: `The deployment runs ${workers.what}: state in its memory is shared by all requests.` }
      : {}),
  }
}

/** `ready = True` and never anything else: a latch of this process, which every process sets for itself. */
function dropLatches(context: RuleContext, byPlace: Map<string, StateWrite[]>): void {
  const isLatch = ({ module, node, how }: StateWrite): boolean => {
    const tree = context.trees[module]!
    const statement = tree.statement(node)
    return (
      how === 'assigned' && tree.kind(statement) === Kind.Assign && tree.kind(tree.lastChild(statement)) === Kind.True
    )
  }
  for (const [key, writes] of byPlace) {
    const others = new Set(writes.filter((write) => !isLatch(write)).map((write) => write.variable))
    const kept = writes.filter((write) => others.has(write.variable))
    if (kept.length === 0) byPlace.delete(key)
    else byPlace.set(key, kept)
  }
}

/** Calls on the way from the entry beyond which the way itself is a guess too many. */
const FAR = 6

/** Clients, engines, loaded models: each process needs its own, so a copy in each is the point. */
const HANDLES =
  /(?:^|_)(?:clients?|engines?|pools?|connections?|models?|tokenizers?|encoders?|executors?|loggers?|validators?|instances?|singletons?|sessionmakers?|factor(?:y|ies)|registr(?:y|ies)|loops?|threads?|services|listeners|handlers|(?:async_|background_|running_|pending_)?tasks?|futures|callbacks|refs)(?:_(?:cache|dict|map|refs|by_\w+))?$/i
/** Functions that configure the process, whoever calls them first. */
const SETS_UP = /(?:^|[._])(?:configured?|set_?up|init|initiali[sz]e|bootstrap|install)(?:_|$)/i
/** A lock excludes within its process, which is what it says. */
const LOCKS = /(?:^|_)(?:locks?|mutex(?:es)?|semaphores?)(?:_|$)/i
/** Caches with a time to live or a size: entries are copies that expire by themselves. */
const EXPIRING = /^(?:TTLCache|LRUCache|LFUCache|FIFOCache|RRCache|ExpiringDict)$/

/**
 * A value made once and then only read: `if x is None: x = make()`, or an item under a key that was looked for before
 * and is computed without asking a database or a network.
 */
function isMemo(context: RuleContext, write: StateWrite): boolean {
  const tree = context.trees[write.module]!
  const fn = tree.enclosingFunction(write.node)
  const name = context.trees[0]!.strings.id(write.variable.name)
  if (write.variable.kind !== 'object' && (HANDLES.test(write.variable.name) || LOCKS.test(write.variable.name)))
    return true
  if (write.variable.kind === 'scalar' && countsForIds(context, write)) return true
  if (write.variable.kind !== 'object' && write.how === 'assigned')
    return remembered(tree, `asks ${fn} ${name}`, () => asksWhetherMade(tree, fn, name))
  if (write.variable.kind === 'scalar' && SETS_UP.test(subjectOf(context, write))) return true
  if (write.variable.kind === 'container' && isUnderEmptyTest(tree, write.node, name)) return true
  // A memo that doubts itself: the function that fills it under a key also drops what is no longer good, each process for itself.
  if (write.how === 'an item deleted' && fillsItself(tree, fn, name)) return true
  // A set of what this process has done already: `if x not in seen: …; seen.add(x)`.
  if (write.how === '`.add()`' && looksUp(tree, fn, name)) return true
  if (write.variable.kind === 'container' && write.how === 'an item set') {
    return EXPIRING.test(write.variable.made) || (looksUp(tree, fn, name) && isMadeWithoutAsking(context, write, fn))
  }
  return false
}

/** `if len(providers) == 0:`, `if not providers:` around the write: a registry that each process fills once, alike. */
function isUnderEmptyTest(tree: SyntaxTree, node: number, name: number): boolean {
  for (let at = tree.parent(node), from = node; at >= 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef) return false
    if ((kind !== Kind.If && kind !== Kind.Elif) || tree.kind(from) !== Kind.Body) continue
    const test = at + 1
    const isNegated = tree.kind(test) === Kind.UnaryOp && tree.value(test) === Op.Not && mentions(tree, test, name)
    const isCounted =
      tree.kind(test) === Kind.Compare &&
      tree.kind(test + 1) === Kind.Call &&
      tree.text(test + 2) === 'len' &&
      mentions(tree, test + 1, name)
    if (isNegated || isCounted) return true
  }
  return false
}

/** The function looks the name up under a key and sets that key: `one = X.get(k); if stale(one): del X[k]; X[k] = make()`. */
function fillsItself(tree: SyntaxTree, fn: number, name: number): boolean {
  if (!looksUp(tree, fn, name)) return false
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Subscript || !tree.has(at, Flag.STORE) || tree.name(at + 1) !== name) continue
    return true
  }
  return false
}

/** What makes ids of one process differ from those of another. */
const APART = ['getpid', 'getnode', 'gethostname', 'getrandbits', 'token_bytes', 'urandom', 'worker_id', 'node_id']

/** A number that counts up for ids which hold something of the process: each process has to count for itself. */
function countsForIds(context: RuleContext, write: StateWrite): boolean {
  const tree = context.trees[write.module]!
  const declaration = context.trees[write.variable.module]!
  const made = declaration.kind(declaration.lastChild(write.variable.node))
  if (made !== Kind.Number && made !== Kind.None) return false
  return APART.some((name) => tree.mentions(tree.strings.id(name)))
}

/** A cache that its own function reads before it writes: stale copies, but nothing that only one process knows. */
function isReadBack(context: RuleContext, write: StateWrite): boolean {
  const tree = context.trees[write.module]!
  return (
    write.how === 'an item set' &&
    looksUp(tree, tree.enclosingFunction(write.node), context.trees[0]!.strings.id(write.variable.name))
  )
}

/** The value of `X[key] = value` is made in one step, by code that asks neither a database nor a network. */
function isMadeWithoutAsking(context: RuleContext, write: StateWrite, fn: number): boolean {
  const tree = context.trees[write.module]!
  const statement = tree.statement(write.node)
  if (tree.kind(statement) !== Kind.Assign) return false
  const value = tree.lastChild(statement)
  if (tree.kind(value) !== Kind.Name) return asksNobody(context, write, value)
  const made = assignmentsOf(tree, fn, tree.name(value), context.trees[0]!.strings.id(write.variable.name))
  return made.length > 0 && made.every((one) => one >= 0 && asksNobody(context, write, one))
}

function asksNobody(context: RuleContext, { module }: StateWrite, value: number): boolean {
  const tree = context.trees[module]!
  for (let at = value; at < tree.end(value); at++) {
    if (tree.kind(at) === Kind.Await) return false
    if (tree.kind(at) !== Kind.Call) continue
    if (context.program.effectOf(context.program.callAt(module, at)) !== undefined) return false
  }
  return true
}

/** The values that a local name is assigned, the look-up in the cache left out; `x += …` is none that is known (-1). */
function assignmentsOf(tree: SyntaxTree, fn: number, name: number, lookedUp: number): number[] {
  const found: number[] = []
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Name || tree.name(at) !== name || !tree.has(at, Flag.STORE)) continue
    const parent = tree.parent(at)
    const isPlain = tree.kind(parent) === Kind.Assign || tree.kind(parent) === Kind.AnnAssign
    if (
      isPlain &&
      (tree.kind(tree.lastChild(parent)) === Kind.None || mentions(tree, tree.lastChild(parent), lookedUp))
    )
      continue
    if (isPlain) found.push(tree.lastChild(parent))
    else found.push(-1)
  }
  return found
}

/** The function tests the name, or a local copy of it, against None or for truth before it assigns it. */
function asksWhetherMade(tree: SyntaxTree, fn: number, name: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    const isCopy = tree.kind(at) === Kind.Assign && tree.kind(at + 1) === Kind.Name && tree.name(at + 1) !== name
    const value = isCopy ? tree.lastChild(at) : -1
    if (
      value >= 0 &&
      tree.kind(value) === Kind.Name &&
      tree.name(value) === name &&
      asksFor(tree, fn, tree.name(at + 1))
    )
      return true
  }
  return asksFor(tree, fn, name)
}

function asksFor(tree: SyntaxTree, fn: number, name: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if (
      (kind === Kind.If || kind === Kind.Elif || kind === Kind.UnaryOp || kind === Kind.BoolOp) &&
      mentions(tree, at + 1, name)
    )
      return true
    if (
      kind === Kind.Compare &&
      (compareOp(tree.value(at), 0) === Op.Is || compareOp(tree.value(at), 0) === Op.IsNot) &&
      mentions(tree, at, name)
    )
      return true
  }
  return false
}

/** The subtree has the name, bare or after a dot (`state.cache`). */
function mentions(tree: SyntaxTree, node: number, name: number): boolean {
  for (let at = node; at < tree.end(node); at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.Name || kind === Kind.Attribute) && tree.name(at) === name) return true
  }
  return false
}

/** `k in X`, `X.get(k)`, or `X[k]` inside a try. */
function looksUp(tree: SyntaxTree, fn: number, name: number): boolean {
  return remembered(tree, `looks ${fn} ${name}`, () => searchesFor(tree, fn, name))
}

const answers = new WeakMap<SyntaxTree, Map<string, boolean>>()

/** One answer for each function and name: a generated function may write the same variable ten thousand times. */
function remembered(tree: SyntaxTree, question: string, answer: () => boolean): boolean {
  const known = answers.get(tree) ?? new Map<string, boolean>()
  answers.set(tree, known)
  const before = known.get(question)
  if (before !== undefined) return before
  const result = answer()
  known.set(question, result)
  return result
}

function searchesFor(tree: SyntaxTree, fn: number, name: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Compare) {
      const op = compareOp(tree.value(at), 0)
      if ((op === Op.In || op === Op.NotIn) && mentions(tree, at, name)) return true
    }
    if (kind === Kind.Attribute && tree.text(at) === 'get' && tree.name(at + 1) === name) return true
    if (kind === Kind.Try && mentions(tree, at + 1, name)) return true
  }
  return false
}

function detection(context: RuleContext, writes: readonly StateWrite[], workers: WorkerCount): Detection {
  const { program } = context
  const first = writes[0]!
  const { variable } = first
  const others = [...new Set(writes.map((write) => write.variable))].filter((other) => other !== variable)
  const fn = bodyOf(context, first)
  const place = placeOf(context, first)
  const declared = placeOf(context, variable)
  const qualified = `${program.modules[variable.module]!.name}.${variable.name}`
  const { entry, chain } = chainTo(context, fn, SERVING, {
    ...place,
    label: `${variable.name}: ${first.how.replaceAll('`', '')}`,
  })
  const routes = Math.max(...writes.map((write) => program.reach.routes(bodyOf(context, write))))
  const known = workers.processes !== undefined
  const isDirect = entry?.function === fn
  return {
    place,
    subject: subjectOf(context, first),
    evidence: `${variable.name} ${first.how}`,
    message: {
      what: `\`${variable.name}\` is a module-level ${variable.kind === 'container' ? variable.made : variable.kind === 'object' ? 'object' : 'variable'} and ${entry === undefined ? 'a request' : `\`${entry.label}\``} changes it (${first.how}${others.length === 0 ? '' : `; ${listed(others.map((other) => `\`${other.name}\``))} too`}).`,
      why: known
        ? `With ${workers.what} each process has its own copy: what one stores the others never see, two requests may write at once, and a restart loses it.`
        : 'Each process has its own copy: with a second worker the others never see the change, and a restart loses it. The number of workers is not declared.',
      do: advice(variable, first),
    },
    confidence: chain.length > FAR + 2 ? 'possible' : isDirect ? 'definite' : 'probable',
    severity: writes.every((write) => isReadBack(context, write))
      ? known
        ? 'medium'
        : 'low'
      : known
        ? 'high'
        : 'medium',
    chain,
    related: [
      { ...declared, label: `${variable.name} is declared` },
      ...others.slice(0, 5).map((other) => ({ ...placeOf(context, other), label: `${other.name} is declared` })),
      ...writes
        .slice(1, 6)
        .map((write) => ({ ...placeOf(context, write), label: `${variable.name}: ${write.how.replaceAll('`', '')}` })),
      ...(workers.place === undefined ? [] : [{ ...workers.place, label: workers.what }]),
    ],
    fanOut: routes,
    fixSite: { ...declared, name: qualified },
    ...(writes.length > 3 ? { minutes: 180 } : {}),
  }
}

function advice(variable: ModuleVariable, write: StateWrite): string {
  if (variable.kind === 'object')
    return 'Make the object for each request (or for each tenant, keyed and read-only) and pass it on.'
  if (/cache|memo/i.test(variable.name))
    return 'Move the cache to Redis (or Django/Flask cache on Redis) with a time to live.'
  if (write.how === '`.append()`' || write.how === 'changed')
    return 'Put it where all processes see it: a table, a Redis list, or a queue.'
  return 'Keep it in the database or in Redis, or make it per request (a `ContextVar`); set it at start-up only if it never changes.'
}
