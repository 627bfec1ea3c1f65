// What the database learns of the work under way: who asks, until when, and whether anybody still waits.
import { channel } from 'node:diagnostics_channel'
import type { QueryRecord, QueryScope } from '../data/contract/contract.ts'
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
  const { origin, deadlineAt } = context
  origin.writes ??= { position: undefined }
  const scope: QueryScope = {
    ...(origin.route === undefined ? {} : { route: origin.route }),
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    traceId: context.traceId,
    signal: context.signal,
    writes: origin.writes,
    actor: () => ({
      user: context.user?.id,
      request: context.requestId,
      trace: context.traceId,
      source: sourceOf(context),
    }),
    onQuery: (query) => {
      if (queryChannel.hasSubscribers) queryChannel.publish({ ...query, context } satisfies QueryEvent)
    },
  }
  scopes.set(context, scope)
  return scope
}

/** `POST /api/users identity.register`: where it came in, and the operation that did it. */
function sourceOf({ origin, module, operation }: CallContext): string | undefined {
  const called = operation === undefined || operation === origin.route ? undefined : `${module ?? ''}.${operation}`
  return [origin.route, called].filter((part) => part !== undefined).join(' ') || undefined
}
