// What an application would stand on with an environment, told without opening anything.
import { type ErrorIssue, isFootingError } from '@footing/kernel'
import type { AnyCapability, DriverFacts } from '../capability/capability.ts'
import type { Profile } from '../work/profile.ts'
import { settingsOfCapability } from './capabilities-in-use.ts'
import type { App, StartOptions } from './create-app.ts'
import { readProcess } from './read-process.ts'

/** A capability as it would be opened. */
export interface DescribedCapability {
  readonly name: string
  readonly summary: string
  /** Undefined for one without drivers, and where its settings are faulty. */
  readonly driver: DriverFacts | undefined
  /** Variables whose values are faulty or missing. */
  readonly faulty: readonly string[]
}

/** A process as it would be started. */
export interface DescribedProcess {
  readonly profile: Profile
  readonly capabilities: readonly DescribedCapability[]
  /** What is wrong with settings, of modules too; no secret is in it. */
  readonly faults: readonly ErrorIssue[]
}

/**
 * Asks each capability that the process would have which driver its settings choose.
 * @throws `settings-invalid` for a profile that is none, `capability-needed`
 */
export async function describeProcess(
  app: App,
  options: Pick<StartOptions, 'env' | 'profile' | 'role'>,
): Promise<DescribedProcess> {
  const { facts, values, faults, wanted } = await readProcess(app, options)
  const found = [...faults]
  const describe = async (capability: AnyCapability): Promise<DescribedCapability> => {
    const { name, summary } = capability
    const names = Object.keys(settingsOfCapability(capability, app.modules))
    const faulty = names.filter((variable) => faults.some(({ pointer }) => pointer === `/${variable}`))
    if (faulty.length > 0) return { name, summary, driver: undefined, faulty }
    try {
      // Parsed by exactly the settings of this capability.
      const own = Object.fromEntries(names.map((variable) => [variable, values[variable]])) as never
      return { name, summary, driver: await capability.driver?.(own, facts), faulty }
    } catch (error) {
      // What two settings together cannot be, such as a bucket without a region.
      if (!isFootingError(error)) throw error
      found.push({ pointer: `/${name}`, message: error.message })
      return { name, summary, driver: undefined, faulty: names.slice(0, 1) }
    }
  }
  const capabilities = await Promise.all(wanted.map(describe))
  return { profile: facts.profile, capabilities, faults: found }
}
