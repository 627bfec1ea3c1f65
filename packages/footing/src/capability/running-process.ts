// A running application as far as its capabilities are concerned.
import type { DriverFacts } from './capability.ts'

/** A capability of a running application, as data. */
export interface CapabilityFacts extends DriverFacts {
  readonly name: string
}

/** What the cases need of a running application; `RunningApp` is one. */
export interface RunningProcess {
  /** Which driver each capability has, from which variable, with which guarantees. */
  capabilities(): readonly CapabilityFacts[]
  /** State of each capability that can tell: `ok`, or in a few words what is wrong. */
  health(): Promise<Readonly<Record<string, string>>>
  stop(): Promise<void>
}
