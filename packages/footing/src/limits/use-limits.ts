// What a module's manifest says of its limits.
import { type Use, use } from '../module/use.ts'
import { milliseconds } from '../work/duration.ts'
import type { Limit, LimitOptions, ModuleLimits } from './contract/contract.ts'
import { limitsErrors } from './contract/errors.ts'

/** Limits by name. */
export type DeclaredLimits = Readonly<Record<string, Limit>>

const mostBurst = 100_000
const longestMs = 24 * 3_600_000

/**
 * Gives the module limits that all processes count together:
 * `uses: [limits({ signIn: { burst: 5, every: '30s' } })]`, then `kit.limits.take({ signIn: address })`.
 * @throws `limit-definition-invalid`
 */
export function limits<const Options extends Readonly<Record<string, LimitOptions>>>(
  declared: Options,
): Use<'limits', ModuleLimits<keyof Options & string>, DeclaredLimits> {
  const made = Object.entries<LimitOptions>(declared).map(([name, options]) => [name, limitOf(name, options)] as const)
  return use('limits', Object.freeze(Object.fromEntries(made)))
}

function limitOf(name: string, { burst, every, whenAway = 'closed' }: LimitOptions): Limit {
  const invalid = (fault: string) =>
    limitsErrors('limit-definition-invalid', { details: { limit: name.slice(0, 60), fault } })
  if (!/^[a-z][A-Za-z0-9]{0,40}$/.test(name)) throw invalid('its name is not camelCase letters and digits.')
  if (!Number.isInteger(burst) || burst < 1 || burst > mostBurst) {
    throw invalid(`burst is a whole number from 1 to ${mostBurst}.`)
  }
  if (whenAway !== 'closed' && whenAway !== 'per-process') throw invalid('whenAway is `closed` or `per-process`.')
  let everyMs = 0
  try {
    everyMs = milliseconds(every)
  } catch {
    throw invalid("every is a duration, such as '30s'.")
  }
  if (everyMs < 1 || everyMs * burst > longestMs) throw invalid('burst times every is between 1 ms and 24 h.')
  return Object.freeze({ burst, everyMs, whenAway })
}
