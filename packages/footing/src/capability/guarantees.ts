// Promises as data: what modules demand is compared with what exists, and with what the chosen driver offers.
import { nearest } from '@footing/kernel'
import type { AnyManifest } from '../module/define-module.ts'
import type { AnyCapability, DriverFacts } from './capability.ts'
import { capabilityErrors } from './errors.ts'

/**
 * Refuses a use, or a demand for a guarantee, that no capability of the application knows.
 * @throws `capability-unknown`, `guarantee-unknown`
 */
export function refuseUnknown(modules: readonly AnyManifest[], capabilities: readonly AnyCapability[]): void {
  const known = new Map(capabilities.map((capability) => [capability.name, capability]))
  for (const { name: module, uses, guarantees } of modules) {
    for (const capability of [...uses.map((used) => used.capability), ...Object.keys(guarantees)]) {
      if (known.has(capability)) continue
      throw capabilityErrors('capability-unknown', {
        details: { module, capability, hint: hint(capability, known.keys()), known: [...known.keys()].join(', ') },
      })
    }
    for (const [capability, demands] of Object.entries(guarantees)) {
      const words = known.get(capability)?.guarantees ?? []
      const guarantee = demands.find((demand) => !words.includes(demand))
      if (guarantee === undefined) continue
      const details = { module, capability, guarantee, hint: hint(guarantee, words), known: words.join(', ') || 'none' }
      throw capabilityErrors('guarantee-unknown', { details })
    }
  }
}

/**
 * Refuses a driver that lacks what a module demands.
 * @throws `guarantee-missing`
 */
export function refuseMissing(
  capability: string,
  modules: readonly AnyManifest[],
  { driver, guarantees }: DriverFacts,
  variables: readonly string[],
): void {
  for (const { name: module, guarantees: demanded } of modules) {
    const missing = (demanded[capability] ?? []).find((guarantee) => !isOffered(guarantees[guarantee]))
    if (missing === undefined) continue
    const variable = variables.find((name) => name.endsWith('_URL')) ?? variables[0] ?? 'its settings'
    throw capabilityErrors('guarantee-missing', {
      details: { module, capability, guarantee: missing, driver, variable },
    })
  }
}

function isOffered(value: boolean | string | number | undefined): boolean {
  return value !== undefined && value !== false && value !== 0
}

function hint(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known)
  return meant === undefined ? '' : ` Did you mean ${meant}?`
}
