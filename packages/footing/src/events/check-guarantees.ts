// Compares what modules demand of a driver with what it offers, before anything runs.
import type { AnyManifest } from '../module/define-module.ts'
import type { EventDriver } from './contract.ts'
import { eventErrors } from './errors.ts'

/**
 * Refuses a driver that lacks what a manifest demands under `guarantees[capability]`; a word that nobody knows is lacking too.
 * @throws `guarantee-missing`
 */
export function checkGuarantees(
  capability: string,
  manifests: readonly AnyManifest[],
  driver: Pick<EventDriver, 'name' | 'guarantees'>,
): void {
  const offered = new Map(Object.entries(driver.guarantees))
  for (const { name, guarantees } of manifests) {
    const missing = (guarantees[capability] ?? []).find((guarantee) => offered.get(guarantee) !== true)
    if (missing === undefined) continue
    const details = { module: name, capability, guarantee: missing, driver: driver.name }
    throw eventErrors('guarantee-missing', { details })
  }
}
