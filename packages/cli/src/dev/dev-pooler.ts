// PgBouncer in front of the embedded database of `footing dev`: there when the machine has it, never a reason not to start.
import type { PgBouncer } from '@footing/core/tooling'
import { readFault } from '../command/fault.ts'

/** What a pooler of a session needs. */
export interface DevPoolerOptions {
  /** Folder for its files, below `.footing`. */
  readonly folder: string
  /** False leaves it out. */
  readonly wanted: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told why there is none. */
  readonly log: (line: string) => void
}

/** The pooler of one session, or what stands in its place. */
export class DevPooler {
  readonly #options: DevPoolerOptions
  #pooler: PgBouncer | undefined
  #serverUrl = ''
  #without = ''

  constructor(options: DevPoolerOptions) {
    this.#options = options
  }

  get running(): boolean {
    return this.#pooler?.running() === true
  }

  /** For the panel: what stands in front of the database. */
  get words(): string {
    if (this.#pooler !== undefined) return `PgBouncer ${this.#pooler.version}, transaction mode`
    return `${this.#without}; what one forbids is rehearsed`
  }

  /** Starts it in front of the server. Where that does not work, one line says why and the session goes on without. */
  async start(serverUrl: string): Promise<void> {
    if (this.running && serverUrl === this.#serverUrl) return
    const port = this.#pooler?.port
    await this.stop()
    this.#pooler = undefined
    if (!this.#options.wanted) {
      this.#without = 'none, as --no-pooler says'
      return
    }
    const { findPgBouncer, startPgBouncer } = await import('@footing/core/tooling')
    const { env, folder, log } = this.#options
    const program = await findPgBouncer(env)
    if (program === undefined) {
      this.#without = 'none: PgBouncer is not on this machine'
      return
    }
    const begin = (at: { readonly port?: number }): Promise<PgBouncer> =>
      startPgBouncer({ program, serverUrl, folder, timeoutMs: longestStartMs, ...at })
    try {
      // The port of before keeps the application's connections valid.
      this.#pooler = port === undefined ? await begin({}) : await begin({ port }).catch(() => begin({}))
      this.#serverUrl = serverUrl
    } catch (error) {
      // Whatever it is, it is no reason to do without a database.
      this.#without = 'none: PgBouncer did not start'
      log(readFault(error)?.message ?? `PgBouncer did not start: ${String(error)}`)
    }
  }

  /** Starts it again when it has ended; says whether it had. */
  async revive(serverUrl: string): Promise<boolean> {
    if (this.#pooler === undefined || this.#pooler.running()) return false
    await this.start(serverUrl)
    return true
  }

  /** The URL of the server by way of the pooler; the given one without a pooler. */
  urlFor(serverUrl: string): string {
    return this.#pooler?.urlFor(serverUrl) ?? serverUrl
  }

  async stop(): Promise<void> {
    await this.#pooler?.stop()
  }
}

const longestStartMs = 5_000
