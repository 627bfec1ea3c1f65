// Finds a query in a loop (N+1) while it is cheap to mend: the same statement again and again for one request.
import { type QueryEvent, queryChannel } from '../data/work-scope.ts'
import { type RequestRecord, requestChannel } from '../http/mount-route.ts'

/** One statement that one request sent too often. */
export interface RepeatedStatement {
  /** `METHOD /path` as it was declared. */
  readonly route: string
  readonly requestId: string
  readonly module: string
  readonly times: number
  /** Time that they took together, in milliseconds. */
  readonly durationMs: number
  /** SQL without parameters. */
  readonly text: string
}

/** How it is watched. */
export interface RepeatedStatementOptions {
  /** How often the same statement may be sent for one request. Default 5. */
  readonly allowed?: number
  readonly report: (repeated: RepeatedStatement) => void
}

// Requests that never end would be remembered for ever.
const mostRequests = 10_000

interface Tally {
  times: number
  durationMs: number
  readonly module: string
}

/**
 * Watches until the returned function is called. A parameter list of another length is the same statement: `in ($1, $2)`
 * and `in ($1, $2, $3)` come from one line of code.
 */
export function watchRepeatedStatements({ allowed = 5, report }: RepeatedStatementOptions): () => void {
  const requests = new Map<string, Map<string, Tally>>()

  const onQuery = (event: unknown): void => {
    const { context, text, module, durationMs } = event as QueryEvent // the only thing published on this channel
    if (/^(?:begin|commit|rollback|savepoint|release)\b/.test(text)) return
    let statements = requests.get(context.requestId)
    if (statements === undefined) {
      if (requests.size >= mostRequests) requests.delete(requests.keys().next().value ?? '')
      statements = new Map()
      requests.set(context.requestId, statements)
    }
    const key = text.replace(/\$\d+(?:,\s*\$\d+)+/g, '$1, …')
    const tally = statements.get(key) ?? { times: 0, durationMs: 0, module }
    tally.times++
    tally.durationMs += durationMs
    statements.set(key, tally)
  }

  const onRequest = (event: unknown): void => {
    const { requestId, method, route } = event as RequestRecord // the only thing published on this channel
    const statements = requests.get(requestId)
    requests.delete(requestId)
    for (const [text, { times, durationMs, module }] of statements ?? []) {
      if (times > allowed)
        report({ route: `${method} ${route ?? 'unknown'}`, requestId, module, times, durationMs, text })
    }
  }

  queryChannel.subscribe(onQuery)
  requestChannel.subscribe(onRequest)
  return () => {
    queryChannel.unsubscribe(onQuery)
    requestChannel.unsubscribe(onRequest)
  }
}
