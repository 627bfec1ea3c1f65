// What the console shows, as data. The process that runs the application reports it; the page draws it.

/** One module, as its manifest says. */
export interface ModuleFacts {
  readonly name: string
  readonly owner?: string
  readonly summary?: string
  /** Modules that it may call. */
  readonly needs: readonly string[]
  readonly operations: readonly OperationFacts[]
  readonly tables: readonly string[]
  readonly events: readonly string[]
}

/** One operation of a module's port. */
export interface OperationFacts {
  readonly name: string
  readonly idempotent: boolean
  readonly deadlineMs?: number
}

/** One route of the HTTP API. */
export interface RouteFacts {
  readonly method: string
  readonly path: string
  readonly module?: string
  readonly operation?: string
  readonly deprecated?: boolean
}

/** Finished calls of one operation, or finished requests of one route, since the start. Times in milliseconds. */
export interface Distribution {
  readonly count: number
  readonly errors: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Calls to one operation of one module. */
export interface CallFacts extends Distribution {
  readonly module: string
  readonly operation: string
}

/** Requests to one route. */
export interface RouteTraffic extends Distribution {
  readonly method: string
  readonly route: string
}

/** One finished request. No headers, no bodies, no query string: what people type does not belong on a screen. */
export interface RequestFacts {
  readonly id: string
  /** Milliseconds since 1970 at the end of the request. */
  readonly at: number
  readonly method: string
  readonly route: string
  readonly status: number
  readonly durationMs: number
}

export interface MigrationFacts {
  readonly module: string
  readonly name: string
  readonly state: string
  readonly appliedAt?: string
}

/** The database as the development command sees it. The address carries no password. */
export interface DatabaseFacts {
  readonly kind: 'embedded' | 'external'
  readonly address: string
  readonly version?: string
  readonly healthy: boolean
  readonly migrations: readonly MigrationFacts[]
}

/** Where the application's process stands. */
export type AppStatus = 'starting' | 'running' | 'restarting' | 'failed' | 'stopped'

/** Everything on the page. */
export interface ConsoleState {
  readonly name: string
  readonly status: AppStatus
  /** The fault that keeps it from running, in words. */
  readonly fault: string | undefined
  readonly versions: string
  /** Milliseconds since 1970 at which the present process became ready. */
  readonly readyAt?: number
  readonly restarts: number
  readonly links: readonly { readonly label: string; readonly url: string }[]
  readonly modules: readonly ModuleFacts[]
  readonly routes: readonly RouteFacts[]
  readonly calls: readonly CallFacts[]
  readonly traffic: readonly RouteTraffic[]
  /** The newest first, at most `recentLimit`. */
  readonly recent: readonly RequestFacts[]
  readonly database?: DatabaseFacts
}
