// One borrowed connection: sends statements with their tag, their deadline and their counter, and speaks coded errors.
import { Socket } from 'node:net'
import type pg from 'pg'
import type { QueryScope } from './contract.ts'
import { dataError } from './errors.ts'
import { tagStatement } from './query-tag.ts'
import { translateServerError } from './server-error.ts'
import type { StatementWatch, WatchedStatement } from './statement-watch.ts'

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
  readonly watch: StatementWatch
}

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
    this.#refuseHopeless(values, scope)
    const started = scope?.onQuery === undefined ? 0 : performance.now()
    const stop = scope?.deadlineAt === undefined && scope?.signal === undefined ? undefined : this.#watch(scope)
    let failed = true
    try {
      const tagged = tagStatement(text, module, scope?.route)
      // The driver only reads the values; its types leave that out.
      const result = await (values.length === 0
        ? this.client.query(tagged)
        : this.client.query(tagged, values as unknown[]))
      failed = false
      return result
    } catch (error) {
      const coded = translateServerError(error, { module, address: this.#environment.address, cancelled: stop?.reason })
      if (coded.code === 'data-connection-lost') this.#broken = true
      throw coded
    } finally {
      if (stop !== undefined) this.#environment.watch.remove(stop)
      scope?.onQuery?.({ text, module, durationMs: performance.now() - started, failed })
    }
  }

  #refuseHopeless(values: readonly unknown[], scope: QueryScope | undefined): void {
    if (values.length > mostParameters) {
      const reason = `${values.length} parameters, at most ${mostParameters} can be sent`
      throw dataError('data-invalid-value', { reason })
    }
    if (scope === undefined) return
    if (scope.deadlineAt !== undefined && scope.deadlineAt <= this.#environment.now()) {
      throw dataError('data-timeout', { reason: 'the deadline had passed before it was sent' })
    }
    if (scope.signal?.aborted === true) throw dataError('data-cancelled')
  }

  #watch(scope: QueryScope): WatchedStatement & { reason: 'timeout' | 'aborted' | undefined } {
    const stop = {
      scope,
      cancelledAt: undefined,
      reason: undefined as 'timeout' | 'aborted' | undefined,
      cancel: (reason: 'timeout' | 'aborted') => {
        stop.reason = reason
        // A cancel request may arrive after its statement has ended, so nobody else gets this connection afterwards.
        this.#broken = true
        this.#environment.cancel(this.client).catch(() => undefined)
      },
      giveUp: () => cutConnection(this.client),
    }
    this.#environment.watch.add(stop)
    return stop
  }
}

// Makes the driver fail the statement at once, as if the network had broken.
function cutConnection(client: pg.ClientBase): void {
  const connection: unknown = Reflect.get(client, 'connection')
  if (typeof connection !== 'object' || connection === null || !('stream' in connection)) return
  const { stream } = connection
  if (stream instanceof Socket) stream.destroy()
}
