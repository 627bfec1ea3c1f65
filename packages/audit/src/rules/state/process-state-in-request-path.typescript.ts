// process-state-in-request-path in TypeScript: module-level maps, arrays, objects and variables that requests change.

import type { Detection } from '../../detection/detection.ts'
import { listed } from '../../detection/words.ts'
import { Flag, Kind, Op } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { waitsForSomething } from '../../survey/async-work.ts'
import { webWorkers } from '../../survey/deployment.ts'
import { addTo } from '../../survey/grouping.ts'
import type { ModuleVariable, StateWrite } from '../../survey/module-state.ts'
import { serverModules } from '../../survey/server-code.ts'
import { keptOutside } from '../../survey/shared-stores.ts'
import { bodyOf, chainTo, placeOf, servedBy, subjectOf } from '../../survey/whereabouts.ts'
import { isSessionStore } from './session-store.ts'
import { variablesIn, writesIn } from './typescript-module-state.ts'

const REQUESTS: readonly EntryKind[] = ['route', 'websocket', 'middleware', 'exception-handler', 'task']
/** What each process needs for itself: clients, what was loaded or registered, work in flight, open sockets. */
const OWN =
  /(?:^|_)(?:clients?|engines?|pools?|connections?|models?|instances?|singletons?|factor(?:y|ies)|registr(?:y|ies)|registered|loaded|loaders?|listeners?|handlers?|services?|plugins?|modules?|providers?|tasks?|promises?|in_?flight|pending|running|active|timers?|timeouts?|intervals?|abort\w*|sockets?|streams?|subscribers?|subscriptions?|callbacks?|resolvers?|locks?|mutex(?:es)?|semaphores?|loggers?|transports?|cache_?control|container|app|server|db|prisma|redis|knex|config|settings|options|env|schema|compiled|templates?|regexp?s?|warned|logged|shutting_?down|is_?shutdown|initialized|ready|started)(?:_(?:cache|map|set|list|by_\w+|promise))?$/i
/** Functions that configure the process, whoever calls them first. */
const SETS_UP =
  /(?:^|[._])(?:configure|set_?up|init|initiali[sz]e|bootstrap|install|register|load|connect|start|shutdown|close|stop|dispose|destroy|reset|on_module|create_(?:app|server)|enable|disable|define|use)(?:_|$)/i
/** Copies of what is somewhere else: stale in other processes, and nothing that only one of them knows. */
const COPIES = /cache|memo|lru|lookup|index|seen|visited|interned|computed|resolved/i
const FAR = 4

/** Changes by requests of what only one process knows. */
export function typescript(context: RuleContext): RuleResult {
  const modules = serverModules(context)
  const variables = variablesIn(context, modules)
  const byVariable = new Map<ModuleVariable, StateWrite[]>()
  const workers = webWorkers(context)
  // A generated function may write the same variable ten thousand times.
  const own = new Map<string, boolean>()
  if (workers.processes !== 1) {
    for (const write of writesIn(context, modules, variables)) {
      const key = `${write.module} ${bodyOf(context, write)} ${write.variable.name} ${write.how}`
      const isKnown = own.get(key) ?? isOwn(context, write)
      own.set(key, isKnown)
      if (isKnown || servedBy(context, bodyOf(context, write), REQUESTS) === undefined) continue
      addTo(byVariable, write.variable, write)
    }
  }
  for (const [variable, writes] of byVariable) {
    // What is only taken away again, or only latched, is no state that others miss.
    const adds = writes.some((write) => !/delete|clear|pop|shift\b/.test(write.how) && !isLatch(context, write))
    if (!adds || isSessionStore({ ...variable, name: snake(variable.name) })) byVariable.delete(variable)
  }
  const containers = [...variables.values()].filter((variable) => variable.kind === 'container').length
  const assurance = keptOutside(context)
  return {
    detections: [...byVariable.values()].map((writes) => detection(context, writes)),
    examined: { count: Math.max(containers, byVariable.size), of: 'module-level variables' },
    ...(assurance === undefined ? {} : { assurance }),
  }
}

const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

function isOwn(context: RuleContext, write: StateWrite): boolean {
  const name = snake(write.variable.name)
  if (OWN.test(name) || SETS_UP.test(snake(subjectOf(context, write)))) return true
  const tree = context.trees[write.module]!
  const fn = tree.enclosingFunction(write.node)
  if (write.variable.kind === 'scalar')
    return (
      asksFirst(tree, fn, write) ||
      !isReadElsewhere(tree, fn, write) ||
      isInjected(context, tree, fn, write) ||
      isMoment(tree, write)
    )
  if (isBuffer(context, write) || (isSetTrue(tree, write) && looksUp(tree, fn, write))) return true
  // `if (!map.has(k)) map.set(k, compute(k))` of what this process computes by itself.
  return (
    looksUp(tree, fn, write) &&
    (COPIES.test(name) || !tree.has(fn, Flag.ASYNC) || !waitsForSomething(context, bodyOf(context, write)))
  )
}

/** `let agenda: Agenda; export default (given) => { agenda = given }`: handed in by whoever sets the process up. */
function isInjected(context: RuleContext, tree: SyntaxTree, fn: number, write: StateWrite): boolean {
  const statement = tree.parent(write.node)
  if (tree.kind(statement) !== Kind.Assign) return false
  const value = tree.lastChild(statement)
  if (tree.kind(value) !== Kind.Name || fn < 0) return false
  const declaration = context.trees[write.variable.module]!
  if (declaration.kind(write.variable.node) !== Kind.AnnAssign || declaration.childCount(write.variable.node) > 2)
    return false
  for (let at = tree.firstChild(fn); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Param && tree.name(at) === tree.name(value)) return true
  }
  return false
}

/** `lastFlush = Date.now()`: when this process did something last. */
function isMoment(tree: SyntaxTree, write: StateWrite): boolean {
  const value = tree.lastChild(tree.parent(write.node))
  if (tree.kind(value) !== Kind.Call) return false
  return /^(?:Date\.now|performance\.now|process\.hrtime(?:\.bigint)?|Date)$/.test(tree.dotted(value + 1))
}

/** The module empties it and sends on what was in it: a buffer of this process. */
function isBuffer({ trees }: RuleContext, write: StateWrite): boolean {
  const tree = trees[write.variable.module]!
  const name = tree.strings.id(write.variable.name)
  for (let at = 1; at < tree.size; at++) {
    if (tree.kind(at) !== Kind.Name || tree.name(at) !== name || !tree.has(at, Flag.REBOUND)) continue
    const value = tree.kind(tree.parent(at)) === Kind.Assign ? tree.lastChild(tree.parent(at)) : -1
    const isEmpty =
      value >= 0 && (tree.kind(value) === Kind.Dict || tree.kind(value) === Kind.List) && tree.childCount(value) === 0
    if (isEmpty) return true
  }
  return false
}

/** `exists[name] = true`: what this process has seen to. */
function isSetTrue(tree: SyntaxTree, write: StateWrite): boolean {
  const statement = tree.parent(write.node)
  return tree.kind(statement) === Kind.Assign && tree.kind(tree.lastChild(statement)) === Kind.True
}

/** `if (x === undefined) x = …`, `x ??= …`, `x = x || …`: made once and then read. */
function asksFirst(tree: SyntaxTree, fn: number, write: StateWrite): boolean {
  const statement = tree.parent(write.node)
  if (tree.kind(statement) === Kind.AugAssign && (tree.value(statement) === Op.Or || tree.value(statement) === Op.And))
    return true
  if (write.how === 'changed') return false
  const name = tree.name(write.node)
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if (kind !== Kind.If && kind !== Kind.Elif && kind !== Kind.IfExp && kind !== Kind.BoolOp) continue
    const test = kind === Kind.IfExp ? tree.child(at, 1) : at + 1
    if (mentions(tree, test, name)) return true
  }
  return false
}

/** Another function reads it; a number that only makes the names of one function unique is nobody's state. */
function isReadElsewhere(tree: SyntaxTree, fn: number, write: StateWrite): boolean {
  const name = tree.name(write.node)
  for (let at = 1; at < tree.size; at++) {
    if (tree.kind(at) !== Kind.Name || tree.name(at) !== name || tree.has(at, Flag.STORE)) continue
    const reader = tree.enclosingFunction(at)
    if (reader >= 0 && reader !== fn) return true
  }
  return false
}

function mentions(tree: SyntaxTree, node: number, name: number): boolean {
  for (let at = node; at < tree.end(node); at++) {
    if (tree.kind(at) === Kind.Name && tree.name(at) === name) return true
  }
  return false
}

/** The function, or one around it, asks `map.get(k)`, `map.has(k)` or reads `map[k]`. */
function looksUp(tree: SyntaxTree, fn: number, write: StateWrite): boolean {
  const name = tree.strings.id(write.variable.name)
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Attribute && tree.kind(at + 1) === Kind.Name && tree.name(at + 1) === name) {
      if (/^(?:get|has|includes|find|some)$/.test(tree.text(at))) return true
    }
    const isRead = kind === Kind.Subscript && !tree.has(at, Flag.STORE | Flag.DEL)
    if (isRead && tree.kind(at + 1) === Kind.Name && tree.name(at + 1) === name) return true
  }
  return false
}

/** `ready = true`: a latch that every process sets for itself. */
function isLatch({ trees }: RuleContext, { module, node, how }: StateWrite): boolean {
  const tree = trees[module]!
  const statement = tree.parent(node)
  if (how !== 'assigned' || tree.kind(statement) !== Kind.Assign) return false
  const value = tree.kind(tree.lastChild(statement))
  return value === Kind.True || value === Kind.False || value === Kind.None
}

function detection(context: RuleContext, writes: readonly StateWrite[]): Detection {
  const { program } = context
  const first = writes[0]!
  const { variable } = first
  const fn = bodyOf(context, first)
  const place = placeOf(context, first)
  const declared = placeOf(context, variable)
  const how = [...new Set(writes.map((write) => write.how))]
  const { entry, chain } = chainTo(context, fn, REQUESTS, {
    ...place,
    label: `${variable.name}: ${first.how.replaceAll('`', '')}`,
  })
  return {
    place,
    subject: subjectOf(context, first),
    evidence: `${variable.name} ${first.how}`,
    message: {
      what: `\`${variable.name}\` is a module-level ${variable.made} and ${entry === undefined ? 'a request' : `\`${entry.label}\``} changes it (${listed(how)}).`,
      why: 'Each process has its own copy: with a second one the others never see the change, and a restart loses it.',
      do: COPIES.test(snake(variable.name))
        ? 'Move the cache to Redis with a time to live, or say that a stale copy in each process is meant.'
        : 'Keep it in the database or in Redis, or make it per request (`AsyncLocalStorage`); set it at start-up only if it never changes.',
    },
    confidence: chain.length > FAR + 2 ? 'possible' : entry?.function === fn ? 'definite' : 'probable',
    severity: 'medium',
    chain: chain.length > 2 ? chain : [],
    related: [
      { ...declared, label: `${variable.name} is declared` },
      ...writes
        .slice(1, 6)
        .map((write) => ({ ...placeOf(context, write), label: `${variable.name}: ${write.how.replaceAll('`', '')}` })),
    ],
    fanOut: Math.max(...writes.map((write) => program.reach.routes(bodyOf(context, write)))),
    fixSite: { ...declared, name: `${program.modules[variable.module]!.name}.${variable.name}` },
  }
}
