// What Redis promises to a module, and what a driver has to do for it.

/** A value as it goes into a command. */
export type RedisArgument = string | number | Buffer

/** Where Redis is, as a URL says it. Holds the password: never goes into a message. */
export interface RedisPlace {
  readonly kind: 'single' | 'unix' | 'cluster' | 'sentinel'
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly path: string | undefined
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  /** Name of the primary that the sentinels watch. */
  readonly master: string | undefined
  readonly sentinelUsername: string | undefined
  readonly sentinelPassword: string | undefined
}

/** A driver: vendor translation, nothing else. Queues, deadlines, retries and errors are the facade's. */
export interface RedisDriver {
  /** True when a command can be sent at this moment. */
  readonly ready: boolean
  /** Called each time it becomes ready. */
  onReady(listener: () => void): void
  /** Last thing that went wrong with the connection, for messages; undefined while all is well. */
  readonly lastFault: Error | undefined
  /** Sends one command. Never queues: rejects at once when there is no connection. */
  send(command: string, args: readonly RedisArgument[]): Promise<unknown>
  /** Cuts the connection and everything that waits on it. */
  close(): void
}

/** What a driver is given. */
export interface DriverOptions {
  readonly place: RedisPlace
  /** Longest time in milliseconds for one command, and for one attempt to connect. */
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  /** Milliseconds before the `attempt`th try to connect again, jitter included. */
  readonly reconnectAfterMs: (attempt: number) => number
  readonly name: string
}

/** What a read does when Redis is away. */
export type WhenAway =
  /** Asks the source: right, slower; only so many at once. */
  | 'load'
  /** Fails with the coded error: for data that exist nowhere else. */
  | 'fail'
  /** Gives the last value that this process has seen, however old; without one it asks the source. */
  | 'stale'

/** How a value is read through. */
export interface HotReadOptions {
  /** How long a loaded value is kept, in milliseconds. */
  readonly ttlMs: number
  /** There is no default: whoever caches decides this on the first day. */
  readonly whenAway: WhenAway
}

/** Hot data of one module: JSON values that can be loaded again. */
export interface HotData {
  /**
   * The value of `key`, else what `load` gives. Calls for one key at one time load once; of many processes one loads and
   * the others wait for it, a moment. A value that is too large is given back and not kept.
   * @throws `redis-away`, `redis-timeout` with `whenAway: 'fail'`; `redis-loads-exceeded`; what `load` throws
   */
  read<T>(key: string, load: () => Promise<T>, options: HotReadOptions): Promise<T>
  /** Stores a value. @throws `redis-away`, `redis-timeout`, `redis-value-too-large` */
  write(key: string, value: unknown, options: { readonly ttlMs: number }): Promise<void>
  /**
   * Forgets a value, also one that is being loaded from data of before. When Redis is away the value may come back with it,
   * for the rest of its time: that fails, unless `whenAway` is `ignore`.
   */
  drop(key: string, options?: { readonly whenAway?: 'fail' | 'ignore' }): Promise<void>
}

/** Redis as one module sees it: only its own keys. */
export interface ModuleRedis {
  readonly hot: HotData
  /**
   * Sends a command of one key; the key is put below the module's own prefix.
   * @throws `redis-command-refused`, `redis-key-invalid`, `redis-value-too-large`, `redis-away`, `redis-timeout`,
   * `redis-overloaded`, `redis-refused`, `redis-full`, `redis-command-failed`, `redis-closed`
   */
  command(name: string, key: string, ...args: readonly RedisArgument[]): Promise<unknown>
}

/** How Redis is doing, as this process sees it. */
export interface RedisStats {
  readonly state: 'ready' | 'away' | 'closed'
  /** Commands that wait for an answer. */
  readonly pending: number
  /** Times that it went away. */
  readonly outages: number
}

/** One connection of a process, shared by its modules. */
export interface Redis {
  forModule(name: string): ModuleRedis
  /**
   * Runs a script of a capability on keys of its own, which live together on one node of a cluster.
   * @throws as `ModuleRedis.command`
   */
  script(
    capability: string,
    source: string,
    keys: readonly string[],
    values: readonly RedisArgument[],
  ): Promise<unknown>
  /** `ok`, else the code of the error; never takes longer than the timeout. */
  health(): Promise<string>
  readonly stats: RedisStats
  /** Refuses new commands, lets those under way end, closes. Safe to call twice. */
  close(): Promise<void>
}

/** Published on `footing:redis` for every command. Keys may be personal, so they are not in it. */
export interface RedisRecord {
  readonly module: string
  readonly command: string
  readonly durationMs: number
  /** Code of the error that it ended with. */
  readonly code: string | undefined
}
