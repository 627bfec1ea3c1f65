// state/process-state-in-request-path: module-level variables that requests change, so each worker has its own truth.
import { Kind, Op, compareOp } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Detection } from '../../findings/finding.ts'
import { webWorkers, type WorkerCount } from '../../survey/deployment.ts'
import { mentionsName } from '../../survey/expressions.ts'
import { type ModuleVariable, moduleVariables, type StateWrite, stateWrites } from '../../survey/module-state.ts'
import { bodyOf, chainTo, placeOf, SERVING, subjectOf } from '../../survey/whereabouts.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { isSessionStore } from './session-store.ts'

export const rule: Rule = {
  id: 'state/process-state-in-request-path',
  decision: 'state',
  severity: 'high',
  effort: { minutes: 120, per: 'site' },
  trial: false,
  summary: 'Requests or jobs change a module-level variable, which every process has for itself.',
  run(context) {
    const variables = moduleVariables(context)
    const workers = webWorkers(context)
    const byVariable = new Map<ModuleVariable, StateWrite[]>()
    if (workers.processes !== 1) {
      for (const write of stateWrites(context, variables)) {
        if (!context.program.reach.isReachable(bodyOf(context, write), SERVING)) continue
        if (isSessionStore(write.variable) || isMemo(context, write)) continue
        byVariable.set(write.variable, [...(byVariable.get(write.variable) ?? []), write])
      }
    }
    const containers = [...variables.values()].filter((variable) => variable.kind !== 'scalar').length
    return {
      detections: [...byVariable].map(([variable, writes]) => detection(context, variable, writes, workers)),
      examined: { count: Math.max(containers, byVariable.size), of: 'module-level variables' },
      ...(workers.processes === 1 ? { couldNotTell: `The deployment runs ${workers.what}: state in its memory is shared by all requests.` } : {}),
    }
  },
}

/**
 * A value made once and then only read: `if x is None: x = make()`, or an item under a key that was looked for before
 * and is computed without asking a database or a network.
 */
function isMemo(context: RuleContext, write: StateWrite): boolean {
  const tree = context.trees[write.module]!
  const fn = tree.enclosingFunction(write.node)
  const name = context.trees[0]!.strings.id(write.variable.name)
  if (write.variable.kind === 'scalar' && write.how === 'assigned') return asksWhetherMade(tree, fn, name)
  if (write.variable.kind === 'container' && write.how === 'an item set') {
    if (!looksUp(tree, fn, name)) return false
    const { program } = context
    return program.callsIn(bodyOf(context, write)).every((call) => program.effectOf(call) === undefined && !program.callInfo(call).awaited)
  }
  return false
}

/** The function tests the name against None or for truth before it assigns it. */
function asksWhetherMade(tree: SyntaxTree, fn: number, name: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.If || kind === Kind.Elif || kind === Kind.UnaryOp || kind === Kind.BoolOp) && mentionsName(tree, at + 1, name)) return true
    if ((kind === Kind.If || kind === Kind.Elif) && mentionsAttribute(tree, at + 1, name)) return true
    if (kind === Kind.Compare && (compareOp(tree.value(at), 0) === Op.Is || compareOp(tree.value(at), 0) === Op.IsNot) && mentionsName(tree, at, name)) return true
  }
  return false
}

function mentionsAttribute(tree: SyntaxTree, node: number, name: number): boolean {
  for (let at = node; at < tree.end(node); at++) if (tree.kind(at) === Kind.Attribute && tree.name(at) === name) return true
  return false
}

/** `k in X`, `X.get(k)`, or `X[k]` inside a try. */
function looksUp(tree: SyntaxTree, fn: number, name: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Compare) {
      const op = compareOp(tree.value(at), 0)
      if ((op === Op.In || op === Op.NotIn) && mentionsName(tree, at, name)) return true
    }
    if (kind === Kind.Attribute && tree.text(at) === 'get' && tree.kind(at + 1) === Kind.Name && tree.name(at + 1) === name) return true
    if (kind === Kind.Try && mentionsName(tree, at + 1, name)) return true
  }
  return false
}

function detection(context: RuleContext, variable: ModuleVariable, writes: readonly StateWrite[], workers: WorkerCount): Detection {
  const { program } = context
  const first = writes[0]!
  const fn = bodyOf(context, first)
  const place = placeOf(context, first)
  const declared = placeOf(context, variable)
  const qualified = `${program.modules[variable.module]!.name}.${variable.name}`
  const { entry, chain } = chainTo(context, fn, SERVING, { ...place, label: `${variable.name}: ${first.how.replaceAll('`', '')}` })
  const routes = Math.max(...writes.map((write) => program.reach.routes(bodyOf(context, write))))
  const known = workers.processes !== undefined
  const isDirect = entry?.function === fn
  return {
    place,
    subject: subjectOf(context, first),
    evidence: `${variable.name} ${first.how}`,
    message: {
      what: `\`${variable.name}\` is a module-level ${variable.kind === 'scalar' ? 'variable' : variable.made} and ${entry === undefined ? 'a request' : `\`${entry.label}\``} changes it (${first.how}).`,
      why: known
        ? `With ${workers.what} each process has its own copy: what one stores the others never see, two requests may write at once, and a restart loses it.`
        : 'Each process has its own copy: with a second worker the others never see the change, and a restart loses it. The number of workers is not declared.',
      do: advice(variable, first),
    },
    confidence: isDirect ? 'definite' : 'probable',
    severity: known ? 'high' : 'medium',
    chain,
    related: [
      { ...declared, label: `${variable.name} is declared` },
      ...writes.slice(1, 6).map((write) => ({ ...placeOf(context, write), label: `${variable.name}: ${write.how.replaceAll('`', '')}` })),
      ...(workers.place === undefined ? [] : [{ ...workers.place, label: workers.what }]),
    ],
    fanOut: routes,
    fixSite: { ...declared, name: qualified },
    ...(writes.length > 3 ? { minutes: 180 } : {}),
  }
}

function advice(variable: ModuleVariable, write: StateWrite): string {
  if (variable.kind === 'object') return 'Make the object for each request (or for each tenant, keyed and read-only) and pass it on.'
  if (/cache|memo/i.test(variable.name)) return 'Move the cache to Redis (or Django/Flask cache on Redis) with a time to live.'
  if (write.how === '`.append()`' || write.how === 'changed') return 'Put it where all processes see it: a table, a Redis list, or a queue.'
  return 'Keep it in the database or in Redis, or make it per request (a `ContextVar`); set it at start-up only if it never changes.'
}
