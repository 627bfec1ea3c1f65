// Bodies that many requests pass through: middleware, exception handlers, and dependencies that guard or serve several routes.
import type { EntryPoint, FunctionId } from '../../graph/contract.ts'
import type { AsyncAnalysis } from './async-analysis.ts'

/** From this many routes on a dependency counts as shared. */
const SHARED_ROUTES = 3
const GUARD =
  /(^|_)(auth|authenticate|authorize|authenticated|user|token|permission|permissions|login|logged|session|api_key|apikey|tenant|org|current|verify|require|required|jwt|credentials|admin)(_|$)/i

/** A shared body with the entry that makes it one. */
export interface SharedBody {
  readonly fn: FunctionId
  readonly entry: EntryPoint
  readonly routes: number
}

const remembered = new WeakMap<AsyncAnalysis, ReadonlyMap<FunctionId, SharedBody>>()

/** Async bodies on the event loop that stand before or around routes. */
export function sharedBodies(analysis: AsyncAnalysis): ReadonlyMap<FunctionId, SharedBody> {
  const known = remembered.get(analysis)
  if (known !== undefined) return known
  const { program } = analysis
  const found = new Map<FunctionId, SharedBody>()
  const allRoutes = new Set(
    program.entries.filter((e) => e.kind === 'route' || e.kind === 'websocket').map((e) => e.function),
  ).size
  const judged = new Set(analysis.bodies.filter((body) => body.standing === 'loop').map((body) => body.fn))
  for (const entry of program.entries) {
    if (!entry.onEventLoop || !judged.has(entry.function) || found.has(entry.function)) continue
    if (entry.kind === 'middleware' || entry.kind === 'exception-handler') {
      found.set(entry.function, { fn: entry.function, entry, routes: allRoutes })
    } else if (entry.kind === 'dependency') {
      const routes = program.reach.routes(entry.function)
      const name = program.qualifiedName(entry.function)
      if (routes < SHARED_ROUTES && !GUARD.test(name)) continue
      found.set(entry.function, { fn: entry.function, entry, routes })
    }
  }
  remembered.set(analysis, found)
  return found
}
