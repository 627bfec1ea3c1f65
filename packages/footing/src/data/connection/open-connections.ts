// The connections that are open: a free one is taken from the top, a new one is made when there is none, idle ones are closed.
import pg from 'pg'
import { RowStream } from './row-stream.ts'
import { isAtRest } from './wire-query.ts'

/** How connections are made and kept. */
export interface OpenConnectionsOptions {
  readonly config: pg.ClientConfig
  /** Idle connections are closed after this time, in milliseconds. */
  readonly idleTimeoutMs: number
  /**
   * Rehearses a pooler: each caller gets the connection that was used longest ago, or a new one, and nothing that the last
   * caller left in it.
   */
  readonly rehearsal?: boolean
  /** Most connections, where the rehearsal opens more than are needed. */
  readonly size: number
}

// The driver has both since 8.0; its types leave them out.
type Client = pg.Client & { ref(): void; unref(): void }

interface Connection {
  readonly client: Client
  /** False once the driver has said that it is over. */
  alive: boolean
  idleSince: number
}

/** Open connections to one server. How many there may be is decided by whoever asks. */
export class OpenConnections {
  readonly #options: OpenConnectionsOptions
  readonly #all = new Map<pg.Client, Connection>()
  readonly #idle: Connection[] = []
  #sweep: NodeJS.Timeout | undefined

  constructor(options: OpenConnectionsOptions) {
    this.#options = options
  }

  get open(): number {
    return this.#all.size
  }

  get idle(): number {
    return this.#idle.length
  }

  /** A connection for the caller alone: the one used last, or a new one. Rejects with the driver's error. */
  take(): pg.Client | Promise<pg.Client> {
    if (this.#options.rehearsal === true) return this.#takeAnother()
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (!last.alive) continue
      last.client.ref()
      return last.client
    }
    return this.#connect()
  }

  /** Takes it back. A broken one is closed. Resolves when it may be taken again. */
  giveBack(client: pg.Client, broken: boolean): Promise<void> | undefined {
    if (this.#options.rehearsal === true && !broken) return this.#reset(client)
    this.#keep(client, broken)
    return undefined
  }

  #keep(client: pg.Client, broken: boolean): void {
    const connection = this.#all.get(client)
    if (connection === undefined) return
    if (broken || !connection.alive || !isAtRest(client)) {
      this.#drop(connection)
      return
    }
    connection.idleSince = performance.now()
    this.#idle.push(connection)
    // An idle connection does not keep the process alive.
    connection.client.unref()
  }

  /** Closes the idle ones; those in use are closed when they come back broken or at the next call. */
  async close(): Promise<void> {
    clearInterval(this.#sweep)
    this.#sweep = undefined
    const closing = [...this.#all.values()].map((connection) => this.#drop(connection))
    this.#idle.length = 0
    await Promise.all(closing)
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#options.config) as Client
    RowStream.before(client)
    const connection: Connection = { client, alive: true, idleSince: 0 }
    const over = (): void => {
      connection.alive = false
      this.#all.delete(client)
      const place = this.#idle.indexOf(connection)
      if (place >= 0) this.#idle.splice(place, 1)
    }
    client.on('error', over)
    client.on('end', over)
    this.#all.set(client, connection)
    try {
      await client.connect()
    } catch (error) {
      this.#drop(connection)
      throw error
    }
    this.#sweep ??= setInterval(() => this.#closeIdle(), Math.max(100, this.#options.idleTimeoutMs / 4)).unref()
    return client
  }

  #takeAnother(): pg.Client | Promise<pg.Client> {
    // With one idle connection the next caller would meet its own state again, so a second one is opened.
    if (this.#idle.length < 2 && this.#all.size < Math.max(2, this.#options.size)) return this.#connect()
    for (let first = this.#idle.shift(); first !== undefined; first = this.#idle.shift()) {
      if (!first.alive) continue
      first.client.ref()
      return first.client
    }
    return this.#connect()
  }

  async #reset(client: pg.Client): Promise<void> {
    // footing: allow data/session-state -- cleans the connection before the next one has it
    const clean = await client.query('discard all').then(
      () => true,
      () => false,
    )
    this.#keep(client, !clean)
  }

  #closeIdle(): void {
    const oldest = performance.now() - this.#options.idleTimeoutMs
    // The one at the bottom has been idle longest.
    while (this.#idle[0] !== undefined && this.#idle[0].idleSince < oldest) {
      const [connection] = this.#idle.splice(0, 1)
      if (connection !== undefined) this.#drop(connection)
    }
  }

  #drop(connection: Connection): Promise<void> {
    this.#all.delete(connection.client)
    connection.alive = false
    connection.client.ref()
    return connection.client.end().catch(() => undefined)
  }
}
