// What the database learns of the work under way: who asks, until when, and whether anybody still waits.
import { channel } from 'node:diagnostics_channel'
import type { Actor, QueryRecord, QueryScope } from '../data/contract/contract.ts'
import { type CallContext, currentContext } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'

/** Published on `footing:query` for every statement that was sent. */
export interface QueryEvent extends QueryRecord {
  readonly context: Context
}

/** Where statements are published. */
export const queryChannel = channel('footing:query')

const scopes = new WeakMap<CallContext, QueryScope>()

/** The scope of the current context, one object per context however many statements it sends. */
export function databaseScope(): QueryScope | undefined {
  const context = currentContext()
  if (context === undefined) return undefined
  const known = scopes.get(context)
  if (known) return known
  const scope = new WorkScope(context)
  scopes.set(context, scope)
  return scope
}

/** Most statements need nothing but the deadline: a signal, ids and who acts are made when somebody asks. */
class WorkScope implements QueryScope {
  /** Not private: a scope that was made of this one reaches it too. */
  readonly context: CallContext
  readonly route?: string
  readonly deadlineAt?: number
  readonly writes: { position: string | undefined }

  constructor(context: CallContext) {
    const { origin, deadlineAt } = context
    this.context = context
    if (origin.route !== undefined) this.route = origin.route
    if (deadlineAt !== undefined) this.deadlineAt = deadlineAt
    origin.writes ??= { position: undefined }
    this.writes = origin.writes
  }

  get traceId(): string {
    return this.context.traceId
  }

  get signal(): AbortSignal {
    return this.context.signal
  }

  get left(): boolean {
    return this.context.reason !== undefined
  }

  actor(): Actor {
    const { user, requestId, traceId } = this.context
    return { user: user?.id, request: requestId, trace: traceId, source: sourceOf(this.context) }
  }

  onQuery({ text, module, durationMs, failed }: QueryRecord): void {
    if (!queryChannel.hasSubscribers) return
    queryChannel.publish({ text, module, durationMs, failed, context: this.context } satisfies QueryEvent)
  }
}

/** `POST /api/users identity.register`: where it came in, and the operation that did it. */
function sourceOf({ origin, module, operation }: CallContext): string | undefined {
  const called = operation === undefined || operation === origin.route ? undefined : `${module ?? ''}.${operation}`
  return [origin.route, called].filter((part) => part !== undefined).join(' ') || undefined
}
