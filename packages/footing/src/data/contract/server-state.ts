// What is told about servers: whether all processes fit into one, and how far each replica has come.

/** What the sum is made of. */
export interface PoolSizingInput {
  /** Processes of this application that use the database, workers of all kinds together. */
  readonly processes: number
  /** Most connections of one process. */
  readonly poolSize: number
}

/** What the server allows. */
export interface ServerLimits {
  /** PostgreSQL's `max_connections`. */
  readonly maxConnections: number
  /** Connections kept for superusers and maintenance. */
  readonly reserved: number
  /** True when a pooler stands in between: then it, and not the sum, decides how many connections the server sees. */
  readonly pooled: boolean
}

/** The result; `advice` is a sentence for a person. */
export interface PoolSizing extends PoolSizingInput, ServerLimits {
  /** Connections that the application may open. */
  readonly wanted: number
  /** Connections that the server has for applications. */
  readonly available: number
  readonly fits: boolean
  readonly advice: string
}

/** Why a replica takes reads or not. */
export type ReplicaCondition = 'in-rotation' | 'lagging' | 'unreachable' | 'not-a-replica'

/** The state of a replica for people and dashboards. */
export interface ReplicaState {
  /** `host:port/database` */
  readonly address: string
  readonly condition: ReplicaCondition
  /** Milliseconds that its data are behind the primary; undefined before the first answer. */
  readonly lagMs: number | undefined
  /** Reads that were sent to it since the start. */
  readonly reads: number
  /** Code of the last error, while it is unreachable. */
  readonly reason: string | undefined
}
