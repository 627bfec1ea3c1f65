// What `footing dev` and the process of the application say to each other over their channel.
import type { CallFacts, MigrationFacts, ModuleFacts, RequestFacts, RouteFacts, RouteTraffic } from '@footing/console'
import type { Fault } from '../command/fault.ts'

/** Stands for the route of a request that no route matched. */
export const noRoute = '(no route)'

/** From the command to the application's process. */
export type ToApp =
  | {
      readonly kind: 'start'
      readonly databaseUrl: string
      readonly directUrl: string
      /** True when a real pooler stands in front of the database, so that nothing has to be rehearsed. */
      readonly pooled: boolean
      readonly port: number
    }
  /** The version before has left the port. */
  | { readonly kind: 'listen' }
  | { readonly kind: 'stop' }

/** From the application's process to the command. */
export type FromApp =
  /** The sources are imported; nothing runs yet. */
  | { readonly kind: 'loaded'; readonly name: string; readonly modules: readonly ModuleFacts[] }
  | {
      readonly kind: 'migrated'
      readonly applied: readonly MigrationFacts[]
      readonly all: readonly MigrationFacts[]
      /** Why migrations wait, a sentence each. */
      readonly waiting: readonly string[]
      readonly version: string
    }
  /** Everything is open but the port. */
  | { readonly kind: 'prepared' }
  | {
      readonly kind: 'ready'
      readonly port: number
      /** Path of the API and of its reference page. */
      readonly api: string
      readonly reference: string | undefined
      readonly routes: readonly RouteFacts[]
      /** `storage disk`, one for each capability that has a driver. */
      readonly drivers: readonly string[]
    }
  /** It could not start. */
  | {
      readonly kind: 'fault'
      readonly fault: Fault
      readonly trace?: string
      /** The same code may succeed later. */
      readonly retryable: boolean
      /** Somebody else has what only one process can have: an address of its own. */
      readonly taken: boolean
    }
  /** Files that were written from the migrations, relative to the application. */
  | { readonly kind: 'wrote'; readonly files: readonly string[] }
  | {
      readonly kind: 'traffic'
      readonly requests: readonly RequestFacts[]
      readonly calls: readonly CallFacts[]
      readonly traffic: readonly RouteTraffic[]
    }
  | { readonly kind: 'database'; readonly healthy: boolean }
  | { readonly kind: 'log'; readonly line: LogLine }

/** One log line of the application, flattened for a screen. */
export interface LogLine {
  readonly level: string
  readonly module: string | undefined
  readonly message: string
  readonly requestId: string | undefined
  /** Fields as JSON, without the braces; empty when there are none. */
  readonly fields: string
  readonly trace: string | undefined
}
