// Counts the statements of a piece of work, so that a test can say how many queries a route may need.
import type { QueryRecord, QueryScope } from '../../data/contract/contract.ts'
import { changedScope } from '../../data/contract/query-scope.ts'

/** Statements by the route that sent them. */
export interface QueryCounter {
  /** Put into the scope of the data source; adds to what the scope already has. */
  observe(scope: QueryScope | undefined): QueryScope
  readonly queries: readonly CountedQuery[]
  /**
   * How many statements of modules, without begin, commit, rollback and savepoints; of one route when it is named. What the
   * library asks for itself, such as whether a person was erased, is in `queries` only.
   */
  count(route?: string): number
  /** Statements that were sent more than once by the same route: the sign of a query in a loop. */
  repeated(): readonly { readonly route: string; readonly text: string; readonly times: number }[]
  reset(): void
}

/** A statement with the route that sent it. */
export interface CountedQuery extends QueryRecord {
  readonly route: string
}

/** Makes a counter. */
export function queryCounter(): QueryCounter {
  let queries: CountedQuery[] = []
  const own = (): readonly CountedQuery[] =>
    queries.filter(({ text, module }) => !isControl(text) && !isLibrary(module))
  return {
    observe(scope) {
      const route = scope?.route ?? ''
      // Not a copy: who acts and whether anybody still waits are asked of the scope itself.
      return changedScope(scope, {
        onQuery(query) {
          queries.push({ ...query, route })
          scope?.onQuery?.(query)
        },
      })
    },
    get queries() {
      return queries
    },
    count: (route) => own().filter((query) => route === undefined || query.route === route).length,
    repeated() {
      const times = new Map<string, { route: string; text: string; times: number }>()
      for (const { route, text } of own()) {
        const key = `${route}\n${text}`
        const entry = times.get(key) ?? { route, text, times: 0 }
        entry.times += 1
        times.set(key, entry)
      }
      return [...times.values()].filter((entry) => entry.times > 1)
    },
    reset() {
      queries = []
    },
  }
}

// Its own tables, and those of its capabilities: no module has such a name.
function isLibrary(module: string): boolean {
  return module === 'footing' || module.startsWith('footing_')
}

function isControl(text: string): boolean {
  return /^(begin|commit|rollback|savepoint|release)\b/.test(text)
}
