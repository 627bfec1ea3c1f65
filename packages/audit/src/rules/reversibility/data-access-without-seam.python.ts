// data-access-without-seam in Python: routes that speak to the ORM themselves, so the data layer cannot change alone.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { isProduct } from '../../survey/whereabouts.ts'

const SHARE = 0.6
const LEAST_LINES = 20_000
const LEAST_MODULES = 5

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const { program } = context
  const routes = routeModules(context)
  const lines = program.modules.filter(isProduct).reduce((sum, module) => sum + context.trees[module.id]!.value(0), 0)
  const examined = { count: lines < LEAST_LINES ? 0 : routes.size, of: 'route modules' }
  if (lines < LEAST_LINES)
    return {
      detections: [],
      examined,
      couldNotTell: `A code base of ${counted(lines, 'line')} needs no layer between routes and models.`,
    }
  if (routes.size < LEAST_MODULES) return { detections: [], examined }
  const direct = [...routes]
    .map((module) => ({ module, call: firstDatabaseCall(context, module) }))
    .filter((item) => item.call >= 0)
  if (direct.length / routes.size <= SHARE) return { detections: [], examined }
  const first = direct[0]!
  const detection: Detection = {
    place: { path: program.modules[first.module]!.path, line: program.callInfo(first.call).line },
    subject: 'routes',
    evidence: 'ORM in route modules',
    message: {
      what: `${direct.length} of ${routes.size} route modules call the ORM or the driver themselves.`,
      why: 'A replica, a cache, a soft delete or a split table has to be thought of in each of them; none can be tested without a database.',
      do: 'For the tables that change most, put queries behind functions named in words of the domain, and let routes call those.',
    },
    confidence: 'definite',
    related: direct.slice(1, 11).map((item) => ({
      path: program.modules[item.module]!.path,
      line: program.callInfo(item.call).line,
      label: program.callInfo(item.call).text,
    })),
    fanOut: direct.length,
  }
  return { detections: [detection], examined }
}

function routeModules({ program }: RuleContext): ReadonlySet<ModuleId> {
  const found = new Set<ModuleId>()
  for (const entry of program.entries) {
    if (entry.kind !== 'route') continue
    const module = program.functionInfo(entry.function).module
    if (isProduct(program.modules[module]!)) found.add(module)
  }
  return new Set([...found].sort((a, b) => a - b))
}

const ASYNC_DATABASE =
  /^(?:sqlalchemy\.ext\.asyncio|asyncpg|psycopg\.Async|tortoise|motor|django\.db\.models\.QuerySet\.a)/

function firstDatabaseCall({ program }: RuleContext, module: ModuleId): number {
  const [from, to] = program.callRange(module)
  for (let call = from; call < to; call++) {
    if (program.effectOf(call)?.effect === 'database') return call
    if (program.callInfo(call).awaited && ASYNC_DATABASE.test(program.externalOf(call))) return call
  }
  return -1
}
