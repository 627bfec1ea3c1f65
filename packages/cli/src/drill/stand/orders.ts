// What a drill and the processes that it starts say to each other.

import type { SaboteurName } from '../judge/saboteur-names.ts'
import type { ProbeParts } from './probe-module.ts'

/** What a process is started with. */
export interface ProcessOrder {
  /** `worker-2.7`. */
  readonly name: string
  readonly role: 'web' | 'worker'
  readonly port: number
  readonly parts: ProbeParts
  /** Folder of the probe's migrations, as a URL. */
  readonly migrations: string
  readonly sabotage: SaboteurName | undefined
}

/** A capability's driver, as the running process tells it. */
export interface DriverLine {
  readonly capability: string
  readonly driver: string
  readonly guarantees: Readonly<Record<string, boolean | string | number>>
}

/** From a process to the drill. */
export type FromProcess =
  | { readonly kind: 'ready'; readonly url: string | undefined; readonly drivers: readonly DriverLine[] }
  /** The effect of an operation is committed and its handler stays a while. */
  | { readonly kind: 'window'; readonly operation: string; readonly of: string }
  | { readonly kind: 'fault'; readonly message: string }
