// The capabilities of one process: chosen, opened in their order, watched, drained and closed in the opposite one.
import { isFootingError } from '@footing/kernel'
import type {
  AnyCapability,
  AppProcess,
  Capability,
  DriverFacts,
  ModuleInKit,
  ProcessFacts,
  StartedModule,
  StartedProcess,
} from '../capability/capability.ts'
import { capabilityErrors } from '../capability/errors.ts'
import { gaugeText } from '../capability/gauge-text.ts'
import { refuseMissing } from '../capability/guarantees.ts'
import type { CapabilityFacts } from '../capability/running-process.ts'
import type { AnyManifest, SettingsShape } from '../module/define-module.ts'
import type { ModuleNetwork } from '../module/module-network.ts'
import type { Log } from '../work/log.ts'

/** The settings of a capability in an application with these modules. */
export function settingsOfCapability({ settings }: AnyCapability, modules: readonly AnyManifest[]): SettingsShape {
  return typeof settings === 'function' ? settings(modules) : settings
}

/**
 * Those that this process needs, in the order of the list.
 * @throws `capability-needed`
 */
export function chooseCapabilities(
  all: readonly AnyCapability[],
  facts: ProcessFacts,
  opened: Readonly<Record<string, unknown>>,
): readonly AnyCapability[] {
  const wanted = new Set(all.filter((capability) => isWanted(capability, facts)).map(({ name }) => name))
  // A set takes names while it is gone through: what is needed is asked for its own needs.
  for (const name of wanted) {
    const needed = all.find((capability) => capability.name === name)?.needs?.(facts) ?? []
    for (const other of needed) {
      if (!all.some((capability) => capability.name === other)) {
        throw capabilityErrors('capability-needed', { details: { capability: name, needed: other } })
      }
      wanted.add(other)
    }
  }
  return all.filter(({ name }) => wanted.has(name) && opened[name] === undefined)
}

function isWanted(capability: AnyCapability, facts: ProcessFacts): boolean {
  if (capability.wanted !== undefined) return capability.wanted(facts)
  return facts.places.local.some(({ uses }) => uses.some((used) => used.capability === capability.name))
}

interface OpenOne {
  readonly capability: AnyCapability
  readonly open: unknown
  /** Undefined for one that somebody else opened and will close. */
  readonly driver: DriverFacts | undefined
  readonly own: boolean
}

/** What a start knows besides the facts. */
interface Tools {
  readonly log: Log
  readonly network: ModuleNetwork
  readonly values: Readonly<Record<string, unknown>>
}

/** The open capabilities of a process. */
export class OpenCapabilities {
  readonly process: AppProcess
  readonly #all: readonly AnyCapability[]
  readonly #given: Readonly<Record<string, unknown>>
  readonly #open = new Map<string, OpenOne>()
  readonly #failures: { readonly capability: string; readonly step: string; readonly error: unknown }[] = []

  constructor(
    all: readonly AnyCapability[],
    facts: ProcessFacts,
    tools: Tools,
    given: Readonly<Record<string, unknown>>,
  ) {
    this.#all = all
    this.#given = given
    this.process = {
      ...facts,
      ...tools,
      opened: <Open>({ name }: Capability<SettingsShape, Open>) => this.#open.get(name)?.open as Open | undefined, // its own `open` made it
      extensionsOf: (name) =>
        all.flatMap((capability) => {
          const extend = capability.extends?.[name]
          return extend === undefined ? [] : [extend(this.#open.get(capability.name)?.open, this.process)]
        }),
      personalStores: () =>
        [...this.#open.values()].flatMap(({ capability, open }) => capability.personal?.(open, this.process) ?? []),
    }
  }

  /** @throws `guarantee-missing`, `production-default`, `capability-open-failed`, coded errors of a capability as they are */
  async open(): Promise<void> {
    const wanted = new Set(chooseCapabilities(this.#all, this.process, this.#given))
    for (const capability of this.#all) {
      const { name } = capability
      const given = this.#given[name]
      if (given !== undefined) {
        this.#open.set(name, { capability, open: given, driver: undefined, own: false })
      } else if (wanted.has(capability)) {
        const values = this.#valuesOf(capability)
        const driver = await capability.driver?.(values, this.process)
        if (driver !== undefined) this.#admit(capability, driver)
        this.#open.set(name, { capability, open: await this.#openOne(capability, values), driver, own: true })
      }
    }
  }

  /** What a module's kit holds of all capabilities. */
  kitOf(module: Omit<ModuleInKit, 'process'>): Readonly<Record<string, unknown>> {
    const parts = this.#all.map((capability) =>
      capability.kit?.(this.#open.get(capability.name)?.open, { ...module, process: this.process }),
    )
    return Object.assign({}, ...parts)
  }

  /** Tells every capability of a module that was set up; the result answers in its port. */
  join(module: StartedModule): Readonly<Record<string, unknown>> {
    const parts = [...this.#open.values()].map(({ capability, open }) => capability.join?.(open, module, this.process))
    return Object.assign({}, ...parts)
  }

  async start(modules: readonly StartedModule[], edges: readonly StartedModule[]): Promise<void> {
    const process: StartedProcess = {
      ...this.process,
      modules,
      edges,
      health: () => this.health(),
      unready: () => this.unready(),
      metrics: () => this.metrics(),
    }
    const ones = [...this.#open.values()]
    for (const { capability, open } of [...ones.filter(isInside), ...ones.filter(isEdge)]) {
      await capability.start?.(open, process)
    }
  }

  /** State of each capability that can tell. */
  health(): Promise<Readonly<Record<string, string>>> {
    return this.#ask(({ capability, open }) => capability.health?.(open))
  }

  /** Why this process must not get requests yet, by capability. */
  unready(): Promise<Readonly<Record<string, string>>> {
    return this.#ask(({ capability, open }) => capability.ready?.(open))
  }

  /** Text of `/metrics`: what telemetry measures, then the numbers of all capabilities. */
  metrics(): string | undefined {
    const ones = [...this.#open.values()]
    const measured = ones.flatMap(({ capability, open }) => capability.metrics?.(open) ?? [])
    if (measured.length === 0) return undefined
    return measured.join('') + gaugeText(ones.flatMap(({ capability, open }) => capability.gauges?.(open) ?? []))
  }

  /** Which driver, from which variable, with which guarantees. */
  facts(): readonly CapabilityFacts[] {
    return [...this.#open.values()].flatMap(({ capability, driver }) =>
      driver === undefined ? [] : [{ name: capability.name, ...driver }],
    )
  }

  /** One word for each capability, for the line that says the application has started. */
  summary(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.facts().map(({ name, driver }) => [name, driver]))
  }

  /** Says which defaults production should not run on. */
  warn(): void {
    if (this.process.profile !== 'production') return
    for (const { name, driver, unsound = [] } of this.facts()) {
      for (const { what, remedy } of unsound) this.process.log.warn(what, { capability: name, driver, remedy })
    }
  }

  /** What the running application shows of them. */
  shown(): PropertyDescriptorMap {
    const parts = [...this.#open.values()].map(({ capability, open }) => capability.running?.(open, this.process) ?? {})
    return Object.assign({}, ...parts.map((part) => Object.getOwnPropertyDescriptors(part)))
  }

  /** Doors first, then the rest, each for at most `deadlineMs`; one that fails does not keep the others from it. */
  async drain(deadlineMs: number): Promise<void> {
    const ones = [...this.#open.values()].toReversed()
    for (const one of [...ones.filter(isEdge), ...ones.filter(isInside)]) {
      await this.#attempt(one, 'drain', () => one.capability.drain?.(one.open, deadlineMs))
    }
  }

  /** Closes what this process opened, the last one first. */
  async close(): Promise<void> {
    const ones = [...this.#open.values()].toReversed()
    this.#open.clear()
    for (const one of ones) {
      if (one.own) await this.#attempt(one, 'close', () => one.capability.close?.(one.open))
    }
  }

  /** @throws `capability-close-failed` when one could not drain or close */
  throwFailures(): void {
    const [first] = this.#failures
    if (first === undefined) return
    const failures = this.#failures.map(
      ({ capability, step, error }) => `${capability} (${step}): ${error instanceof Error ? error.message : error}`,
    )
    throw capabilityErrors('capability-close-failed', {
      details: { failures: failures.join('; ') },
      cause: first.error,
    })
  }

  // All at once; one that cannot answer is told by the code of its error.
  async #ask(
    question: (one: OpenOne) => string | undefined | Promise<string | undefined>,
  ): Promise<Readonly<Record<string, string>>> {
    const told = [...this.#open.values()].map(async (one) => {
      try {
        const answer = await question(one)
        return answer === undefined ? [] : [[one.capability.name, answer] as const]
      } catch (error) {
        return [[one.capability.name, isFootingError(error) ? error.code : 'failed'] as const]
      }
    })
    return Object.fromEntries((await Promise.all(told)).flat())
  }

  async #attempt({ capability }: OpenOne, step: string, work: () => unknown): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failures.push({ capability: capability.name, step, error })
      this.process.log.error(`a capability could not ${step}`, { capability: capability.name }, error)
    }
  }

  async #openOne(capability: AnyCapability, values: never): Promise<unknown> {
    try {
      return await capability.open(values, this.process)
    } catch (cause) {
      if (isFootingError(cause)) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw capabilityErrors('capability-open-failed', { details: { capability: capability.name, reason }, cause })
    }
  }

  #admit(capability: AnyCapability, driver: DriverFacts): void {
    const { profile, places, app } = this.process
    const variables = Object.keys(settingsOfCapability(capability, app.modules))
    refuseMissing(capability.name, places.local, driver, variables)
    const refused = profile === 'production' ? driver.unsound?.find((one) => one.refused) : undefined
    if (refused === undefined) return
    const details = { capability: capability.name, driver: driver.driver, what: refused.what, remedy: refused.remedy }
    throw capabilityErrors('production-default', { details })
  }

  // All values were parsed by the settings of all capabilities; each gets its own.
  #valuesOf(capability: AnyCapability): never {
    const names = Object.keys(settingsOfCapability(capability, this.process.app.modules))
    return Object.fromEntries(names.map((name) => [name, this.process.values[name]])) as never
  }
}

function isEdge({ capability }: OpenOne): boolean {
  return capability.edge === true
}

function isInside(one: OpenOne): boolean {
  return !isEdge(one)
}
