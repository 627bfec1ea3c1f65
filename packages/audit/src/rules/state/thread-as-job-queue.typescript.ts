// thread-as-job-queue in TypeScript: promises that nobody awaits, and callbacks put off until after the answer.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { CallId, EntryKind, FunctionId, Program } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { handedFunction, waitsForSomething } from '../../survey/async-work.ts'
import { calleeName, positional } from '../../survey/expressions.ts'
import { serverModules } from '../../survey/server-code.ts'
import { chainTo, functionSite, servedBy } from '../../survey/whereabouts.ts'
import { inWords, mayBeLost } from './best-effort.ts'

const REQUESTS: readonly EntryKind[] = ['route', 'task']
/** An assertion without `await` is a mistake of another kind. */
const ASSERTION = /(?:^|[._])(?:assert|check|validate|verify|ensure|require|authori[sz]e|guard|expect)(?:_|$)/i
/** The work is in a queue as soon as this has run. */
const QUEUED = /queue|enqueue|dispatch|publish|emit|add_?jobs?|schedule|send_?to_?worker|trigger_?job/i
/** The work is the answer: it is given what the answer is written to. */
const ANSWER =
  /^(?:res|resp|response|reply|stream|socket|ws|controller|writer|ctx|context|next|done|resolve|cb|callback)$/
const LATER = ['setImmediate', 'nextTick', 'setTimeout'] as const
/** Calls between the route and the place beyond which the way is a guess too many. */
const FAR = 3

interface Floating {
  readonly call: CallId
  readonly what: string
  readonly work: string
  /** The work ends in a queue, as far as its calls say; asked last. */
  readonly ends?: () => boolean
}

/** Work that a request starts and that only the memory of its process knows. */
export function typescript(context: RuleContext): RuleResult {
  const { program } = context
  const server = serverModules(context)
  const detections: Detection[] = []
  let examined = 0
  for (const module of server) {
    const [from, to] = program.callRange(module)
    const taken = new Set<FunctionId>()
    for (let call = from; call < to; call++) {
      const body = program.callInfo(call).caller
      const floating = postponed(context, call) ?? unawaited(context, call)
      if (floating === undefined) continue
      examined++
      if (taken.has(body) || program.functionInfo(body).kind === 'module') continue
      const entry = servedBy(context, body, REQUESTS)
      // The handler of a message has its queue before it: what it drops was in one already.
      if (entry === undefined || (entry.kind !== 'task' && floating.ends?.() === true)) continue
      const found = detection(context, floating, body)
      if (found === undefined) continue
      taken.add(body)
      detections.push(found)
    }
  }
  return { detections, examined: { count: examined, of: 'promises without await and postponed callbacks' } }
}

/** `setImmediate(async () => { await … })`, `process.nextTick(…)`, `setTimeout(async () => …, n)`. */
function postponed(context: RuleContext, call: CallId): Floating | undefined {
  const { program, trees } = context
  const node = program.callNode(call)
  const { module } = program.callInfo(call)
  const tree = trees[module]!
  const name = calleeName(tree, node)
  if (!(LATER as readonly string[]).includes(name)) return undefined
  if (tree.kind(node + 1) === Kind.Attribute && tree.dotted(node + 1) !== 'process.nextTick') return undefined
  const fn = handedFunction(context, { module, node: positional(tree, node, 0) })
  if (fn === undefined || !program.functionInfo(fn).isAsync || !waitsForSomething(context, fn)) return undefined
  const inside = program.callsIn(fn).map((one) => program.callInfo(one).text)
  if (inside.some((text) => mayBeLost(text) || QUEUED.test(inWords(text)))) return undefined
  if (inside.some((text) => ANSWER.test(text.split('.')[0]!))) return undefined
  return { call, what: `a callback of \`${name}\``, work: inside.find((text) => text !== '') ?? name }
}

/** A call of the project's own async function as a statement of its own: bare, under `void`, or with `.catch(…)`. */
function unawaited(context: RuleContext, call: CallId): Floating | undefined {
  const { program, trees } = context
  const info = program.callInfo(call)
  const tree = trees[info.module]!
  const node = program.callNode(call)
  if (!isDropped(tree, node)) return undefined
  const targets = program.targetsOf(call)
  const isSure = targets.length > 0 && targets.length < 3
  if (!isSure || targets.some((item) => item.function < 0 || item.confidence === 'possible')) return undefined
  if (!targets.every((item) => isWork(context, item.function))) return undefined
  const text = inWords(info.text)
  if (mayBeLost(text) || ASSERTION.test(text) || givenTheAnswer(tree, node)) return undefined
  if (QUEUED.test(text)) return undefined
  if (tree.kind(node + 1) === Kind.Lambda && streams(tree, node)) return undefined
  return {
    call,
    what: 'a promise that nobody awaits',
    ends: () => targets.some((item) => isQueued(context, item.function, 0)),
    work: info.text === '' || info.text === '…' ? 'an async function' : info.text,
  }
}

const queueing = new WeakMap<Program, Map<string, boolean>>()

/** What the function does is to put work into a queue, itself or in what it calls; one answer for each function. */
function isQueued(context: RuleContext, fn: FunctionId, depth: number): boolean {
  const { program } = context
  const known = queueing.get(program) ?? new Map<string, boolean>()
  queueing.set(program, known)
  const before = known.get(`${fn} ${depth}`)
  if (before !== undefined) return before
  const result = program.callsIn(fn).some((call) => {
    if (QUEUED.test(inWords(program.callInfo(call).text))) return true
    if (depth === 2) return false
    return program.targetsOf(call).some((one) => one.function >= 0 && isQueued(context, one.function, depth + 1))
  })
  known.set(`${fn} ${depth}`, result)
  return result
}

/** `ctx.body = zip.outputStream; void (async () => …)()`: the answer is written while the promise runs. */
function streams(tree: SyntaxTree, node: number): boolean {
  const fn = tree.enclosingFunction(node)
  for (let at = Math.max(fn, 0); at < tree.end(Math.max(fn, 0)); at++) {
    if (tree.kind(at) === Kind.Attribute && /stream|pipe|^write$|^flushHeaders$/i.test(tree.text(at))) return true
  }
  return false
}

function isWork(context: RuleContext, fn: FunctionId): boolean {
  const info = context.program.functionInfo(fn)
  return info.isAsync && !info.isGenerator && waitsForSomething(context, fn)
}

/** The promise is the whole statement, perhaps with handlers hung on it, and no `await` around it. */
function isDropped(tree: SyntaxTree, node: number): boolean {
  let at = node
  for (let steps = 0; steps < 4; steps++) {
    const parent = tree.parent(at)
    const kind = tree.kind(parent)
    if (kind === Kind.Expr) return true
    // `f().catch(…)`: the call is the receiver of a handler's call.
    if (kind !== Kind.Attribute || !/^(?:catch|then|finally)$/.test(tree.text(parent))) return false
    at = tree.parent(parent)
    if (tree.kind(at) !== Kind.Call || at + 1 !== parent) return false
  }
  return false
}

function givenTheAnswer(tree: SyntaxTree, call: number): boolean {
  for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
    for (let part = at; part < tree.end(at); part++) {
      if (tree.kind(part) === Kind.Name && ANSWER.test(tree.text(part))) return true
    }
  }
  return false
}

function detection(context: RuleContext, { call, what, work }: Floating, body: FunctionId): Detection | undefined {
  const { program } = context
  const info = program.callInfo(call)
  const place = { path: program.modules[info.module]!.path, line: info.line }
  const { entry, chain } = chainTo(context, body, REQUESTS, { ...place, label: what.replaceAll('`', '') })
  const name = program.functionInfo(body).name
  return {
    place,
    subject: name,
    evidence: `${work} without await`,
    message: {
      what: `${entry === undefined ? `\`${name}\`` : `\`${entry.label}\``} leaves ${work === 'an async function' ? work : `\`${work}\``} to ${what}.`,
      why:
        entry?.kind === 'task'
          ? 'The message counts as done before the work is: a crash or an error loses it, it is not tried again, and nothing limits how much runs at once.'
          : 'A deployment or a crash loses the work without a trace: it is not stored, not tried again, not limited and not seen by any queue metric.',
      do:
        entry?.kind === 'task'
          ? 'Await it, so that the message is acknowledged when the work is done.'
          : 'Put it in the job queue (BullMQ, pg-boss, a table with leases), in the transaction that makes the work necessary; or await it.',
    },
    confidence: chain.length > FAR + 2 ? 'possible' : 'probable',
    chain: chain.length > 2 ? chain : [],
    fanOut: program.reach.routes(body),
    fixSite: functionSite(context, body),
  }
}
