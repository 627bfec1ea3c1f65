// async/sequential-calls: calls of other machines one after the other, though none needs what the one before has brought.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId, ModuleId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName } from '../../survey/expressions.ts'
import { servedCode } from '../../survey/served-code.ts'
import { type Waiting, type WaitTest, waitOfCall } from '../../survey/waits-below.ts'
import { chainTo, functionSite, servedBy, WEB } from '../../survey/whereabouts.ts'

/** Two calls one after the other are nobody's trouble. */
const LEAST = 3
const OUT_BY_NAME =
  /^(?:fetch|axios|got|node-fetch|undici)(?:\.|$)|^(?:httpx\.AsyncClient|aiohttp\.ClientSession)\.(?!close|aclose|__)/
/** What changes something keeps its order. */
const CHANGES = /(?:^|\.)(?:post|put|patch|delete|send)$/i
const CHANGING_NAME =
  /^_?(?:create|update|delete|remove|add|send|set|save|write|post|put|publish|notify|register|charge|cancel|mark|lock|begin|commit|init|connect|login|authenticate)/i

export const rule: Rule = {
  id: 'async/sequential-calls',
  decision: 'async',
  severity: 'low',
  effort: { minutes: 30, per: 'site' },
  trial: true,
  summary: 'Three and more calls of other machines are awaited one after the other, and none needs the one before.',
  judges: { python: judge, typescript: judge },
}

interface Step {
  readonly node: number
  readonly waiting: Waiting
}

const isOut: WaitTest = (effect, name) => effect === undefined && OUT_BY_NAME.test(name) && !CHANGES.test(name)

function judge(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  let examined = 0
  for (const module of servedCode(context)) {
    const tree = context.trees[module]!
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Body) continue
      const runs = runsIn(context, module, tree, node)
      examined += runs.length
      for (const run of runs) {
        const found = run.length < LEAST ? undefined : detection(context, module, tree, run)
        if (found !== undefined) detections.push(found)
      }
    }
  }
  return { detections, examined: { count: examined, of: 'awaits of other machines' } }
}

/** Statements of a block, side by side, that each await a call which no earlier one of the run decides about. */
function runsIn(context: RuleContext, module: ModuleId, tree: SyntaxTree, body: number): Step[][] {
  const runs: Step[][] = []
  let run: Step[] = []
  let bound = new Set<number>()
  const end = (): void => {
    if (run.length > 0) runs.push(run)
    run = []
    bound = new Set()
  }
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    const call = awaitedCall(tree, at)
    const waiting =
      call < 0 || CHANGING_NAME.test(calleeName(tree, call))
        ? undefined
        : waitOfCall(context, context.program.callAt(module, call), isOut, 2)
    if (waiting === undefined) {
      end()
      continue
    }
    if (mentionsAny(tree, call, bound)) end()
    run.push({ node: call, waiting })
    for (let part = at; part < tree.end(at); part++)
      if (tree.kind(part) === Kind.Name && tree.has(part, Flag.STORE)) bound.add(tree.name(part))
  }
  end()
  return runs
}

/** The call of `x = await f()` or `await f()`; -1 for any other statement. */
function awaitedCall(tree: SyntaxTree, statement: number): number {
  const kind = tree.kind(statement)
  if (kind !== Kind.Assign && kind !== Kind.AnnAssign && kind !== Kind.Expr) return -1
  const value = kind === Kind.Expr ? statement + 1 : tree.lastChild(statement)
  return tree.kind(value) === Kind.Await && tree.kind(value + 1) === Kind.Call ? value + 1 : -1
}

function mentionsAny(tree: SyntaxTree, node: number, names: ReadonlySet<number>): boolean {
  for (let at = node; at < tree.end(node); at++)
    if (tree.kind(at) === Kind.Name && names.has(tree.name(at))) return true
  return false
}

function detection(
  context: RuleContext,
  module: ModuleId,
  tree: SyntaxTree,
  run: readonly Step[],
): Detection | undefined {
  const fn: FunctionId = context.program.functionAt(module, Math.max(tree.enclosingFunction(run[0]!.node), 0))
  if (servedBy(context, fn, WEB) === undefined) return undefined
  const place = { path: tree.path, line: tree.line(run[0]!.node) }
  const { entry, chain } = chainTo(context, fn, WEB, { ...place, label: run[0]!.waiting.name })
  const { name } = context.program.functionInfo(fn)
  const together = context.language === 'python' ? '`asyncio.gather` (or a `TaskGroup`)' : '`Promise.all`'
  return {
    place,
    subject: name,
    evidence: `${run.length} calls in a row`,
    message: {
      what: `\`${name}\` awaits ${counted(run.length, 'call')} of other machines one after the other, and none needs the one before.`,
      why: `${entry === undefined ? 'The caller' : `\`${entry.label}\``} takes as long as all of them together instead of as long as the slowest.`,
      do: `Start them together with ${together}, under one limit of time.`,
    },
    confidence: 'probable',
    chain: chain.length > 2 ? chain : [],
    related: run.slice(1).map((step) => ({ path: tree.path, line: tree.line(step.node), label: step.waiting.name })),
    fanOut: context.program.reach.routes(fn),
    fixSite: functionSite(context, fn),
  }
}
