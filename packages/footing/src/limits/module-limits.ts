// The limits of one module: names and keys become attempts at the store, and its refusal becomes a coded error.
import { createHash } from 'node:crypto'
import type { Attempt, Limit, LimitStore, ModuleLimits, Outcome } from './contract/contract.ts'
import { limitsErrors } from './contract/errors.ts'
import type { DeclaredLimits } from './use-limits.ts'

/** What the limits of a module count with. */
export interface CountedBy {
  readonly store: LimitStore
  /** Counts for the limits that allow it while the store is away. */
  readonly meanwhile: LimitStore
  /** Told of each failure of the store. */
  readonly onAway: (error: unknown) => void
}

interface Wanted extends Attempt {
  readonly name: string
  readonly limit: Limit
}

/** Binds the declared limits of a module to the store. */
export function moduleLimits(module: string, declared: DeclaredLimits, by: CountedBy): ModuleLimits {
  const wantedOf = (keys: Readonly<Record<string, string | undefined>>): readonly Wanted[] =>
    Object.entries(keys).flatMap(([name, key]) => {
      const limit = Object.hasOwn(declared, name) ? declared[name] : undefined
      if (limit === undefined) {
        throw limitsErrors('limit-unknown', { details: { module, limit: name.slice(0, 60) } })
      }
      if (key === undefined) return []
      const digest = createHash('sha256').update(String(key)).digest('base64url')
      return [{ key: `${module}.${name}.${digest}`, burst: limit.burst, everyMs: limit.everyMs, name, limit }]
    })
  return {
    async take(keys) {
      const wanted = wantedOf(keys)
      if (wanted.length === 0) return { remaining: {}, giveBack: async () => undefined }
      const { store, outcome } = await counted(wanted, by)
      if ('refused' in outcome) {
        const limit = wanted[outcome.refused]?.name ?? ''
        throw limitsErrors('limit-exceeded', { details: { limit, retryAfterMs: outcome.retryAfterMs } })
      }
      const remaining = Object.fromEntries(wanted.map(({ name }, index) => [name, outcome.remaining[index] ?? 0]))
      return { remaining, giveBack: giveBackOnce(store, wanted, by.onAway) }
    },
  }
}

/** @throws `limits-away` when the store does not answer and one of the limits lets nobody in then */
async function counted(wanted: readonly Wanted[], { store, meanwhile, onAway }: CountedBy) {
  try {
    return { store, outcome: await store.take(wanted) }
  } catch (cause) {
    onAway(cause)
    const closed = wanted.find(({ limit }) => limit.whenAway === 'closed')
    if (closed !== undefined) throw limitsErrors('limits-away', { details: { limit: closed.name }, cause })
    const outcome: Outcome = await meanwhile.take(wanted)
    return { store: meanwhile, outcome }
  }
}

// An attempt that cannot be given back only costs its owner a wait.
function giveBackOnce(store: LimitStore, wanted: readonly Attempt[], onAway: (error: unknown) => void) {
  let given: Promise<void> | undefined
  return () => {
    given ??= store.giveBack(wanted).catch(onAway)
    return given
  }
}
