// data/query-in-loop: one query for each element of a loop (N+1), so that the number of rows decides how slow a request is.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import type { Confidence } from '../../facts/place.ts'
import type { EntryKind, FunctionId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { bodyOf, chainTo, functionSite, placeOf, SERVING, servedBy } from '../../survey/whereabouts.ts'
import type { LoopedQueries, LoopedQuery } from './looped-queries.ts'
import { python } from './query-in-loop.python.ts'
import { typescript } from './query-in-loop.typescript.ts'

const RUNS: readonly EntryKind[] = [...SERVING, 'scheduled', 'startup']
/** Calls on the way from the entry beyond which the way itself is a guess too many. */
const FAR = 8

export const rule: Rule = {
  id: 'data/query-in-loop',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 60, per: 'site' },
  trial: false,
  summary: 'A loop asks the database once for each element.',
  assures: { says: 'no loop repeats a query', from: 20 },
  judges: {
    python: (context) => result(context, python(context)),
    typescript: (context) => result(context, typescript(context)),
  },
}

function result(context: RuleContext, { queries, examined }: LoopedQueries): RuleResult {
  const byBody = new Map<FunctionId, LoopedQuery[]>()
  for (const query of queries) addTo(byBody, bodyOf(context, query), query)
  return {
    detections: [...byBody].flatMap(([body, found]) => detection(context, body, found) ?? []),
    examined: { count: examined, of: 'queries' },
  }
}

function detection(context: RuleContext, body: FunctionId, queries: readonly LoopedQuery[]): Detection | undefined {
  const { program } = context
  if (servedBy(context, body, RUNS) === undefined) return undefined
  const first = queries.find(({ through }) => through === undefined) ?? queries[0]!
  const place = placeOf(context, first)
  const { entry, chain } = chainTo(context, body, RUNS, { ...place, label: first.what })
  const { name } = program.functionInfo(body)
  const routes = program.reach.routes(body)
  const others = queries.length - 1
  const confidence: Confidence = chain.length > FAR + 2 ? 'possible' : first.confidence
  return {
    place,
    subject: name,
    evidence: `${first.what} in a loop`,
    message: {
      what: `\`${name}\` asks the database once for each element of a loop: \`${first.what}\`${first.through === undefined ? '' : ` through \`${first.through.label}\``}${others === 0 ? '' : `, and ${counted(others, 'more query', 'more queries')}`}.`,
      why: `A hundred rows are a hundred round trips, one after the other or at once on a pool of ten; ${entry === undefined ? 'the caller' : `\`${entry.label}\``} gets slower with the data${routes > 1 ? `, and ${counted(routes, 'route')} lead here` : ''}.`,
      do: first.remedy,
    },
    confidence,
    severity: first.isWrite ? 'low' : 'medium',
    chain:
      first.through === undefined
        ? chain.length > 2
          ? chain
          : []
        : [...(chain.length > 2 ? chain : [{ ...place, label: `${first.through.label}()` }]), first.through],
    fanOut: routes,
    related: queries
      .filter((one) => one !== first)
      .slice(0, 10)
      .map((one) => ({ ...placeOf(context, one), label: one.what })),
    fixSite: functionSite(context, body),
  }
}
