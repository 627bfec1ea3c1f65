// One borrowed connection: sends statements with their tag, their deadline and their counter, and speaks coded errors.
import type pg from 'pg'
import type { QueryScope } from './contract.ts'
import { dataError } from './errors.ts'
import { tagStatement } from './query-tag.ts'
import { translateServerError } from './server-error.ts'

/** What a statement is sent for. */
export interface StatementContext {
  readonly module: string
  readonly scope: QueryScope | undefined
}

/** What a session needs besides its connection. */
export interface SessionEnvironment {
  /** `host:port/database` for messages. */
  readonly address: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Asks the server, over a connection of its own, to stop what this client runs. */
  readonly cancel: (client: pg.ClientBase) => Promise<void>
}

/** Longest time in milliseconds between asking for a cancellation and giving the connection up. */
const patienceAfterCancel = 2_000

// A bind message counts its parameters in 16 bits.
const mostParameters = 65_535

/** A connection for the length of one statement or one transaction. */
export class Session {
  readonly client: pg.ClientBase
  readonly #environment: SessionEnvironment
  #broken = false

  constructor(client: pg.ClientBase, environment: SessionEnvironment) {
    this.client = client
    this.#environment = environment
  }

  /** True when the connection must not serve anybody else. */
  get broken(): boolean {
    return this.#broken
  }

  /**
   * Sends one statement and waits for its rows, until the scope's deadline or abort; then the server is told to stop.
   * @throws the coded errors of errors.ts
   */
  async execute(text: string, values: readonly unknown[], context: StatementContext): Promise<pg.QueryResult> {
    const { scope, module } = context
    const { now } = this.#environment
    if (values.length > mostParameters) {
      throw dataError('data-invalid-value', {
        reason: `${values.length} parameters, at most ${mostParameters} can be sent`,
      })
    }
    if (scope?.signal?.aborted === true) throw dataError('data-cancelled')
    const remainingMs = scope?.deadlineAt === undefined ? undefined : scope.deadlineAt - now()
    if (remainingMs !== undefined && remainingMs <= 0) {
      throw dataError('data-timeout', { reason: 'the deadline had passed before it was sent' })
    }

    const started = performance.now()
    const stop = new StatementStop(() => this.#cancel(), remainingMs, scope?.signal)
    let failed = true
    try {
      const tagged = tagStatement(text, module, scope?.route)
      const running = values.length === 0 ? this.client.query(tagged) : this.client.query(tagged, values as unknown[]) // pg does not write to it
      const result = await (stop.armed ? Promise.race([running, stop.givenUp]) : running)
      failed = false
      return result
    } catch (error) {
      const coded = translateServerError(error, { module, address: this.#environment.address, cancelled: stop.reason })
      if (coded.code === 'data-connection-lost') this.#broken = true
      throw coded
    } finally {
      stop.disarm()
      scope?.onQuery?.({ text, module, durationMs: performance.now() - started, failed })
    }
  }

  // A cancel request may arrive after its statement has ended, so nobody else gets this connection afterwards.
  async #cancel(): Promise<void> {
    this.#broken = true
    await this.#environment.cancel(this.client)
  }
}

/** Watches the deadline and the abort signal of one statement. */
class StatementStop {
  readonly armed: boolean
  readonly givenUp: Promise<never>
  reason: 'timeout' | 'aborted' | undefined
  readonly #cancel: () => Promise<void>
  readonly #signal: AbortSignal | undefined
  #timer: NodeJS.Timeout | undefined
  #giveUp: (error: Error) => void = () => undefined

  constructor(cancel: () => Promise<void>, remainingMs: number | undefined, signal: AbortSignal | undefined) {
    this.#cancel = cancel
    this.#signal = signal
    this.armed = remainingMs !== undefined || signal !== undefined
    this.givenUp = this.armed
      ? new Promise((_, reject) => {
          this.#giveUp = reject
        })
      : neverGivenUp
    if (!this.armed) return
    if (remainingMs !== undefined)
      this.#timer = setTimeout(() => this.#stop('timeout'), Math.min(remainingMs, 2 ** 31 - 1))
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  disarm(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.#stop('aborted')

  #stop(reason: 'timeout' | 'aborted'): void {
    if (this.reason !== undefined) return
    clearTimeout(this.#timer)
    this.reason = reason
    // A server that does not answer even to the cancellation must not hold the caller.
    this.#timer = setTimeout(
      () => this.#giveUp(new Error('the server did not react to the cancellation')),
      patienceAfterCancel,
    )
    this.#cancel().catch(() => undefined)
  }
}

const neverGivenUp = new Promise<never>(() => undefined)
