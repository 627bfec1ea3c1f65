// Finds async routes and dependencies that never await and do I/O: as plain `def` they would run in the thread pool.

import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { EntryPoint, FunctionId } from '../../graph/contract.ts'
import { TypeKind } from '../../graph/inference/type-table.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { type AsyncAnalysis, asyncAnalysis } from './async-analysis.ts'
import { severityOfSite } from './blocking-sites.ts'

/** Frameworks that run a sync handler in a thread pool, so that dropping `async` is the repair. */
const THREADS_SYNC = new Set(['fastapi', 'starlette', 'litestar'])
const SYNC_SESSIONS = new Set([
  'sqlalchemy.orm.Session',
  'sqlalchemy.orm.scoped_session',
  'sqlalchemy.Connection',
  'psycopg2.extensions.connection',
  'pymongo.database.Database',
])

/** async/async-route-without-await. */
export const rule: Rule = {
  id: 'async/async-route-without-await',
  decision: 'async',
  severity: 'high',
  effort: { minutes: 5, per: 'site' },
  trial: false,
  summary: 'An async route or dependency never awaits and does blocking work that a plain `def` would run in a thread.',
  judges: { python: judge },
}

const WORSE = ['high', 'medium', 'low'] as const

interface Reason {
  readonly evidence: string
  readonly line: number
  readonly confidence: 'definite' | 'probable'
  readonly severity: 'high' | 'medium' | 'low'
}

function judge(context: RuleContext): RuleResult {
  const analysis = asyncAnalysis(context.program)
  const { program } = analysis
  const detections: Detection[] = []
  const judged = new Set(analysis.bodies.filter((body) => body.standing === 'loop').map((body) => body.fn))
  const seen = new Set<FunctionId>()
  let count = 0
  for (const entry of program.entries) {
    if (entry.kind !== 'route' && entry.kind !== 'dependency') continue
    if (!THREADS_SYNC.has(entry.framework) || seen.has(entry.function) || !judged.has(entry.function)) continue
    seen.add(entry.function)
    count++
    if (awaits(analysis, entry.function) || isForced(analysis, entry.function)) continue
    const reason = reasonFor(analysis, entry.function)
    if (reason === undefined) continue
    detections.push(detection(analysis, entry, reason))
  }
  return { detections, examined: { count, of: 'async routes and dependencies' } }
}

function detection(analysis: AsyncAnalysis, entry: EntryPoint, reason: Reason): Detection {
  const { program } = analysis
  const info = program.functionInfo(entry.function)
  const path = analysis.path(entry.function)
  const routes = program.reach.routes(entry.function)
  return {
    place: { path, line: info.line },
    subject: info.name,
    evidence: reason.evidence,
    message: {
      what: `${entry.kind === 'route' ? `The route \`${entry.label}\`` : `The dependency \`${info.name}\``} is \`async def\`, awaits nothing, and ${doing(reason.evidence)}.`,
      why: 'It runs on the event loop, so every other request waits for it; a plain `def` would run in the thread pool.',
      do: `Write \`def ${info.name.slice(info.name.lastIndexOf('.') + 1)}\` without \`async\`: the framework then runs it in its thread pool.`,
    },
    confidence: reason.confidence,
    severity: reason.severity,
    chain: [
      { path, line: info.line, label: `async def ${info.name}` },
      { path, line: reason.line, label: reason.evidence },
    ],
    fanOut: routes,
  }
}

const doing = (evidence: string): string =>
  evidence.startsWith('a sync ') ? `works with ${evidence}` : `reaches \`${evidence}\``

/** Whether the body needs a running loop: it awaits, yields asynchronously, or talks to asyncio. */
function awaits(analysis: AsyncAnalysis, fn: FunctionId): boolean {
  const { index, graph } = analysis.program
  const tree = index.trees[index.scopeModule[fn]!]!
  const definition = index.scopeNode[fn]!
  if (tree.has(definition, Flag.AWAITS)) return true
  for (const call of analysis.program.callsIn(fn)) {
    for (const target of graph.targets(call)) {
      if (target.external.startsWith('asyncio.') || target.external.startsWith('anyio.')) return true
    }
  }
  return false
}

/** Whether a base class of the project declares the method async, so that it cannot be `def` here. */
function isForced(analysis: AsyncAnalysis, fn: FunctionId): boolean {
  const { index, inference } = analysis.program
  const owner = inference.ownerOf(fn)
  if (owner < 0) return false
  for (const ancestor of inference.classes.ancestors(owner)) {
    if (ancestor.scope < 0 || ancestor.scope === owner) continue
    const module = index.scopeModule[ancestor.scope]!
    for (const node of inference.names.bindingsIn(ancestor.scope, index.scopeName[fn]!)) {
      const tree = index.trees[module]!
      if (tree.kind(node) === Kind.FunctionDef && tree.has(node, Flag.ASYNC)) return true
    }
  }
  return false
}

function reasonFor(analysis: AsyncAnalysis, fn: FunctionId): Reason | undefined {
  let best: Reason | undefined
  const offer = (reason: Reason): void => {
    const better =
      best === undefined ||
      WORSE.indexOf(reason.severity) < WORSE.indexOf(best.severity) ||
      (reason.severity === best.severity && best.confidence === 'probable' && reason.confidence === 'definite')
    if (better) best = reason
  }
  for (const site of analysis.sites(fn)) {
    if (site.confidence !== 'possible')
      offer({ evidence: site.name, line: site.line, confidence: site.confidence, severity: severityOfSite(site) })
  }
  for (const arrow of analysis.syncCalls(fn)) {
    const chain = analysis.worstChain(fn, arrow)
    if (chain === undefined) continue
    offer({
      evidence: chain.site.name,
      line: analysis.lineOf(fn, arrow.node),
      confidence: chain.confidence === 'definite' ? 'definite' : 'probable',
      severity: severityOfSite(chain.site),
    })
  }
  return best ?? sessionParameter(analysis, fn)
}

function sessionParameter(analysis: AsyncAnalysis, fn: FunctionId): Reason | undefined {
  const { index, inference } = analysis.program
  const module = index.scopeModule[fn]!
  const tree = index.trees[module]!
  const definition = index.scopeNode[fn]!
  for (let at = tree.firstChild(definition); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.Param) continue
    const type = inference.typeOf(module, at)
    if (inference.table.kind[type] !== TypeKind.OutsideInstance) continue
    const name = inference.table.outsideName(inference.table.a[type]!)
    if (!SYNC_SESSIONS.has(name) || !isUsed(analysis, fn, tree.name(at))) continue
    return { evidence: `a sync \`${name}\``, line: tree.line(at), confidence: 'probable', severity: 'high' }
  }
  return undefined
}

function isUsed(analysis: AsyncAnalysis, fn: FunctionId, name: number): boolean {
  const { index } = analysis.program
  const tree = index.trees[index.scopeModule[fn]!]!
  const definition = index.scopeNode[fn]!
  const body = tree.childOf(definition, Kind.Body)
  for (let at = body; at < tree.end(body); at++) if (tree.kind(at) === Kind.Name && tree.name(at) === name) return true
  return false
}
