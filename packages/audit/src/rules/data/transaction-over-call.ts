// data/transaction-over-call: a transaction that stays open while another machine answers, with its locks and its connection.

import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind, ModuleId } from '../../graph/contract.ts'
import { writtenCallee } from '../../graph/program/build-program.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName, positional } from '../../survey/expressions.ts'
import { servedCode } from '../../survey/served-code.ts'
import { type Waiting, type WaitTest, waitOfCall } from '../../survey/waits-below.ts'
import { bodyOf, functionSite, SERVING, servedBy } from '../../survey/whereabouts.ts'

/** Functions between the transaction and the call, at most. */
const DEEP = 3
const RUNS: readonly EntryKind[] = [...SERVING, 'scheduled', 'startup', 'signal', 'command']
/** Callees that open a transaction: `with transaction.atomic()`, `with session.begin()`, `prisma.$transaction(async (tx) => …)`. */
const OPENS = /^(?:atomic|begin|begin_nested|in_transaction|db_transaction|transaction)$/
const OPENS_TS = /^(?:\$?transaction|withTransaction|runInTransaction)$/
const OUT: ReadonlySet<string> = new Set(['network', 'vendor', 'sleep'])
/** Over the network too, and part of the same storage: Redis, Elasticsearch, the cache. */
const STORES = /^(?:redis|aioredis|elasticsearch|opensearchpy|django\.core\.cache|pymemcache|fakeredis)/
const OUT_BY_NAME =
  /^(?:fetch|axios|got|node-fetch|undici|stripe|nodemailer)(?:\.|$)|^(?:httpx\.AsyncClient|aiohttp\.ClientSession)\.(?!close|aclose|__)|^@nestjs\/axios\.HttpService/

export const rule: Rule = {
  id: 'data/transaction-over-call',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 60, per: 'site' },
  trial: true,
  summary: 'A transaction waits for another machine, with its locks and its connection.',
  assures: { says: 'no transaction waits for another machine', from: 5 },
  judges: { python: judged, typescript: judged },
}

function judged(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  let examined = 0
  for (const module of servedCode(context)) {
    const tree = context.trees[module]!
    for (const block of transactionsIn(context, module, tree)) {
      examined++
      const waiting = waitingIn(context, module, block)
      const found = waiting === undefined ? undefined : detection(context, module, block, waiting)
      if (found !== undefined) detections.push(found)
    }
  }
  return { detections, examined: { count: examined, of: 'transactions' } }
}

/** Nodes whose code runs inside of a transaction: bodies of `with`, decorated functions, callbacks. */
function transactionsIn(
  context: RuleContext,
  module: ModuleId,
  tree: SyntaxTree,
): { readonly opening: number; readonly body: number }[] {
  const found: { opening: number; body: number }[] = []
  for (let node = 1; node < tree.size; node++) {
    const kind = tree.kind(node)
    if (kind === Kind.With) {
      for (
        let item = tree.firstChild(node);
        item >= 0 && tree.kind(item) === Kind.WithItem;
        item = tree.nextSibling(item)
      ) {
        const call = item + 1
        const opens =
          tree.kind(call) === Kind.Call && OPENS.test(calleeName(tree, call)) && isTransaction(context, module, call)
        if (opens) found.push({ opening: node, body: tree.childOf(node, Kind.Body) })
      }
    } else if (kind === Kind.Decorator) {
      const callee = tree.kind(node + 1) === Kind.Call ? node + 2 : node + 1
      const isAtomic =
        (tree.kind(callee) === Kind.Name || tree.kind(callee) === Kind.Attribute) && tree.text(callee) === 'atomic'
      if (isAtomic && context.program.nameOf(module, callee) === 'django.db.transaction.atomic')
        found.push({ opening: tree.parent(node), body: tree.childOf(tree.parent(node), Kind.Body) })
    } else if (kind === Kind.Call && context.language === 'typescript' && OPENS_TS.test(calleeName(tree, node))) {
      const callback = positional(tree, node, 0)
      if (callback >= 0 && tree.kind(callback) === Kind.Lambda) found.push({ opening: node, body: callback })
    }
  }
  return found
}

/** `begin()` and `transaction()` are words of many; the receiver's class or the library decides. */
function isTransaction(context: RuleContext, module: ModuleId, call: number): boolean {
  const tree = context.trees[module]!
  const name = context.program.nameOf(module, call + 1)
  if (name === 'django.db.transaction.atomic') return true
  if (
    /^(?:sqlalchemy|asyncpg|psycopg|tortoise|peewee)\b.*\.(?:begin|begin_nested|transaction|in_transaction|atomic)$/.test(
      name,
    )
  )
    return true
  return (
    tree.kind(call + 1) === Kind.Attribute &&
    /^(?:db|database|session|conn|connection)$/.test(tree.dotted(call + 2)) &&
    calleeName(tree, call) === 'atomic'
  )
}

function waitingIn(
  context: RuleContext,
  module: ModuleId,
  { opening, body }: { readonly opening: number; readonly body: number },
): Waiting | undefined {
  const { program } = context
  const tree = context.trees[module]!
  const owner = context.program.functionAt(
    module,
    tree.kind(opening) === Kind.FunctionDef
      ? opening
      : tree.kind(body) === Kind.Lambda
        ? body
        : Math.max(tree.enclosingFunction(body), 0),
  )
  const [from, to] = program.callRange(module)
  let deep: Waiting | undefined
  for (let call = from; call < to; call++) {
    const node = program.callNode(call)
    if (node < body) continue
    if (node >= tree.end(body)) break
    if (program.callInfo(call).caller !== owner) continue
    const direct = waitOfCall(context, call, isOut, 0)
    if (direct !== undefined) return direct
    deep ??= waitOfCall(context, call, isOut, DEEP)
  }
  return deep
}

const isOut: WaitTest = (effect, name) =>
  effect === undefined ? OUT_BY_NAME.test(name) : OUT.has(effect) && !STORES.test(name)

function detection(
  context: RuleContext,
  module: ModuleId,
  { opening }: { readonly opening: number },
  { name, confidence, steps }: Waiting,
): Detection | undefined {
  const tree = context.trees[module]!
  const fn =
    tree.kind(opening) === Kind.FunctionDef
      ? context.program.functionAt(module, opening)
      : bodyOf(context, { module, node: opening })
  if (servedBy(context, fn, RUNS) === undefined) return undefined
  const routes = context.program.reach.routes(fn)
  const how =
    tree.kind(opening) === Kind.With
      ? writtenCallee(tree, tree.childOf(opening, Kind.WithItem) + 2)
      : tree.kind(opening) === Kind.FunctionDef
        ? 'transaction.atomic'
        : writtenCallee(tree, opening + 1)
  return {
    place: { path: tree.path, line: tree.line(opening) },
    subject: context.program.functionInfo(fn).name,
    evidence: `${how} over ${name}`,
    message: {
      what: `A transaction of \`${context.program.functionInfo(fn).name}\` (\`${how}\`) stays open while \`${name}\` waits.`,
      why: `Its rows stay locked and its connection taken for as long as another machine pleases${routes > 1 ? `; ${counted(routes, 'route')} lead here` : ''}. What was sent cannot be taken back when the transaction fails afterwards.`,
      do: 'Call before or after the transaction; write down inside what has to be sent (`transaction.on_commit`, an outbox table, a job).',
    },
    confidence,
    chain: [{ path: tree.path, line: tree.line(opening), label: how }, ...steps],
    fanOut: routes,
    fixSite: functionSite(context, fn),
  }
}
