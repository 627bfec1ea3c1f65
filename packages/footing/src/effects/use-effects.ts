// What a module's manifest says when some of what it does must not be done twice.
import { type Use, use } from '../module/use.ts'
import { type Duration, milliseconds } from '../work/duration.ts'
import { effectErrors } from './contract/errors.ts'
import type { EffectLedger } from './effect-ledger.ts'

/** What a module says of its effects. */
export interface EffectsDeclaration {
  /** How long an effect is remembered: longer than whatever may repeat it. Default 30 days, `'720h'`. */
  readonly keep?: Duration
}

/** The same with every choice made. */
export interface DeclaredEffects {
  readonly keepMs: number
}

/**
 * Gives the module a ledger of its effects: `uses: [effects()]`, then `kit.effects.once(tx, key, work)`.
 * @throws `effect-declaration-invalid`
 */
export function effects(declared: EffectsDeclaration = {}): Use<'effects', EffectLedger, DeclaredEffects> {
  try {
    return use('effects', { keepMs: milliseconds(declared.keep ?? '720h') })
  } catch (error) {
    throw effectErrors('effect-declaration-invalid', { details: { reason: (error as Error).message } })
  }
}
