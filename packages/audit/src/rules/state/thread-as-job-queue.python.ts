// thread-as-job-queue in Python: work handed to a thread or a task of the web process, which dies with it and is never tried again.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { EntryKind, FunctionId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { waitsForSomething } from '../../survey/async-work.ts'
import { addTo } from '../../survey/grouping.ts'
import { type TaskStart, taskStarts } from '../../survey/task-starts.ts'
import { type Start, threadStarts } from '../../survey/thread-starts.ts'
import { definitionOf, functionsOf } from '../../survey/what-it-is.ts'
import { bodyOf, chainTo, functionSite, isProduct, placeOf, servedBy, WEB } from '../../survey/whereabouts.ts'
import { mayBeLost } from './best-effort.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const starts = threadStarts(context)
  const detections: Detection[] = []
  let decorated: ReadonlyMap<FunctionId, readonly FunctionId[]> | undefined
  for (const start of starts) {
    const body = bodyOf(context, start)
    if (start.isJoined || start.isHandedOn || context.program.functionInfo(body).kind === 'module') continue
    if (servedBy(context, body, WEB) !== undefined) {
      detections.push(detection(context, start, body, body))
      continue
    }
    // A wrapper that starts a thread runs wherever a function that it wraps is called.
    const decorator = functionAround(context, body)
    if (decorator === undefined) continue
    decorated ??= decoratedFunctions(context)
    const wrapped = decorated.get(decorator)?.find((fn) => servedBy(context, fn, WEB) !== undefined)
    if (wrapped !== undefined) detections.push(detection(context, start, body, wrapped))
  }
  const tasks = taskStarts(context)
  for (const task of tasks) {
    const found = ofTask(context, task)
    if (found !== undefined) detections.push(found)
  }
  return { detections, examined: { count: starts.length + tasks.length, of: 'threads, pools and tasks' } }
}

const REQUESTS: readonly EntryKind[] = ['route']
/** Calls on the way from the route beyond which the way itself is a guess too many. */
const FAR = 5

/** A task that a request leaves on the event loop: kept in a set or nowhere, its end is waited for by nobody. */
function ofTask(context: RuleContext, task: TaskStart): Detection | undefined {
  const { program } = context
  const body = bodyOf(context, task)
  if (task.isMinded || program.functionInfo(body).kind === 'module' || mayBeLost(task.name)) return undefined
  if (task.work.length === 0 || task.work.length > 2) return undefined
  if (!task.work.some((fn) => program.functionInfo(fn).isAsync && waitsForSomething(context, fn))) return undefined
  if (servedBy(context, body, REQUESTS) === undefined) return undefined
  const start = { module: task.module, node: task.node, what: 'a task on the event loop' }
  const found = detection(context, start, body, body, REQUESTS)
  return {
    ...found,
    evidence: `task ${task.name}`,
    message: {
      ...found.message,
      what: found.message.what.replace('hands work to', `leaves \`${task.name}\` to`),
      do: 'Put it in the job queue (arq, Celery, Dramatiq, a table with leases), in the transaction that makes the work necessary; or await it.',
    },
    confidence: found.chain !== undefined && found.chain.length > FAR + 2 ? 'possible' : 'probable',
  }
}

/** The function that a function is defined in. */
function functionAround(context: RuleContext, fn: FunctionId): FunctionId | undefined {
  const { module, node } = definitionOf(context, fn)
  const around = context.trees[module]!.enclosingFunction(node)
  return around < 0 ? undefined : context.program.functionAt(module, around)
}

/** Functions of product code by the function of the project that decorates them; of a factory by the outer one. */
function decoratedFunctions(context: RuleContext): ReadonlyMap<FunctionId, readonly FunctionId[]> {
  const found = new Map<FunctionId, FunctionId[]>()
  for (const module of context.program.modules) {
    if (!isProduct(module)) continue
    const tree = context.trees[module.id]!
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Decorator || tree.kind(tree.parent(node)) !== Kind.FunctionDef) continue
      const callee = tree.kind(node + 1) === Kind.Call ? node + 2 : node + 1
      for (const fn of functionsOf(context, { module: module.id, node: callee })) {
        addTo(found, fn, context.program.functionAt(module.id, tree.parent(node)))
      }
    }
  }
  return found
}

/** `entered` is the function that requests reach: the body itself, or one that a decorator wraps. */
function detection(
  context: RuleContext,
  start: Pick<Start, 'module' | 'node' | 'what'>,
  body: FunctionId,
  entered: FunctionId,
  kinds = WEB,
): Detection {
  const place = placeOf(context, start)
  const { entry, chain } = chainTo(context, entered, kinds, { ...place, label: start.what })
  const { name } = context.program.functionInfo(body)
  return {
    place,
    subject: name,
    evidence: start.what,
    message: {
      what: `${entry === undefined ? `\`${name}\`` : `\`${entry.label}\``} hands work to ${start.what} of the web process and answers without waiting.`,
      why: 'A deployment or a crash loses the work without a trace: it is not stored, not tried again, not limited and not seen by any queue metric.',
      do: 'Put it in the job queue (Celery, RQ, Dramatiq, a table with leases), in the transaction that makes the work necessary.',
    },
    confidence: entry?.function === body ? 'definite' : 'probable',
    chain: chain.length > 2 ? chain : [],
    fanOut: context.program.reach.routes(entered),
    fixSite: functionSite(context, body),
  }
}
