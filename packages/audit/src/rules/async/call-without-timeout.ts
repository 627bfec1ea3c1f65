// async/call-without-timeout: outgoing calls that wait for another machine for as long as that machine pleases.
import type { Detection, Severity } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import type { EntryKind, FunctionId, ModuleId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { bodyOf, placeOf, servedBy, WEB } from '../../survey/whereabouts.ts'
import { endlessPythonCalls } from './call-without-timeout.python.ts'
import { endlessTypeScriptCalls } from './call-without-timeout.typescript.ts'
import type { EndlessCall, EndlessCalls } from './endless-call.ts'

export const rule: Rule = {
  id: 'async/call-without-timeout',
  decision: 'async',
  severity: 'medium',
  effort: { minutes: 15, per: 'site' },
  trial: false,
  summary: 'An outgoing call has no time-out, so that a silent server keeps the caller waiting.',
  assures: { says: 'outgoing calls have a limit', from: 3 },
  judges: {
    python: (context) => result(context, endlessPythonCalls(context)),
    typescript: (context) => result(context, endlessTypeScriptCalls(context)),
  },
}

const LATER: readonly EntryKind[] = ['task', 'scheduled', 'startup', 'signal']

function result(context: RuleContext, { endless, examined }: EndlessCalls): RuleResult {
  const byModule = new Map<ModuleId, EndlessCall[]>()
  for (const call of endless) addTo(byModule, call.module, call)
  return {
    detections: [...byModule].map(([module, calls]) => detection(context, module, calls)),
    examined: { count: examined, of: 'outgoing calls' },
  }
}

/** One finding for a file: the repair is one client with a limit, or one edit a line. */
function detection(context: RuleContext, module: ModuleId, calls: readonly EndlessCall[]): Detection {
  const { program } = context
  const ranked = calls
    .map((call) => ({ call, body: bodyOf(context, call) }))
    .map((item) => ({ ...item, rank: standing(context, item.body), routes: program.reach.routes(item.body) }))
    .sort(
      (a, b) =>
        Number(a.call.isMild) - Number(b.call.isMild) ||
        a.rank - b.rank ||
        Number(a.call.confidence !== 'definite') - Number(b.call.confidence !== 'definite') ||
        b.routes - a.routes ||
        a.call.node - b.call.node,
    )
  const { call, body, rank, routes } = ranked[0]!
  const entry =
    rank === 0 ? servedBy(context, body, ['middleware']) : rank === 1 ? servedBy(context, body, WEB) : undefined
  const names = [...new Set(calls.map(({ name }) => `\`${name}\``))]
  return {
    place: placeOf(context, call),
    subject: program.functionInfo(body).name,
    evidence: `no time-out: ${call.name}`,
    message: {
      what: `${counted(calls.length, 'outgoing call')} of \`${program.modules[module]!.name}\` ${calls.length === 1 ? 'has' : 'have'} no time-out: ${listed(names)}.`,
      why: `A server that accepts the connection and does not answer is waited for ${call.waits}. ${who(context, entry?.label, rank, routes)}`,
      do: call.remedy,
    },
    confidence: call.confidence,
    severity: severityOf(call, rank),
    fanOut: routes,
    related: ranked.slice(1, 41).map((one) => ({ ...placeOf(context, one.call), label: one.call.name })),
    fixSite: { path: program.modules[module]!.path, line: 1, name: program.modules[module]!.name },
    minutes: 10 + 3 * Math.min(calls.length, 20),
  }
}

/** 0: a middleware runs it; 1: a request; 2: a job or start-up; 3: nobody that is seen. */
function standing({ program }: RuleContext, body: FunctionId): 0 | 1 | 2 | 3 {
  if (program.reach.isReachable(body, ['middleware'])) return 0
  if (program.reach.isReachable(body, WEB)) return 1
  return program.reach.isReachable(body, LATER) ? 2 : 3
}

function severityOf(call: EndlessCall, rank: 0 | 1 | 2 | 3): Severity {
  if (call.isMild || rank === 3) return 'low'
  return rank === 0 ? 'high' : 'medium'
}

function who({ language }: RuleContext, label: string | undefined, rank: 0 | 1 | 2 | 3, routes: number): string {
  if (label !== undefined && rank < 2) {
    const more = routes > 1 ? ` (${counted(routes, 'route')} in all)` : ''
    // Node holds no worker for a request that waits: it goes on taking more.
    const then =
      language === 'typescript'
        ? 'requests that wait pile up with their memory and connections, and their clients give up first'
        : 'a few such answers and no worker is left for other requests'
    return `\`${label}\` waits with it${more}: ${then}.`
  }
  if (rank === 2)
    return language === 'typescript'
      ? 'The job stays open as long, and holds its place among those that run at once.'
      : 'The worker process that runs the job does nothing else meanwhile.'
  return language === 'typescript'
    ? 'What awaits it goes no further meanwhile.'
    : 'Whatever runs it does nothing else meanwhile.'
}
