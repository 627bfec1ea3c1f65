// One borrowed connection: sends statements with their tag, their deadline and their counter, and speaks coded errors.
import type pg from 'pg'
import type { QueryScope } from '../contract/contract.ts'
import { dataError } from '../contract/errors.ts'
import { hasLeft } from '../contract/query-scope.ts'
import type { StatementHooks } from '../contract/statement-hooks.ts'
import { isNameable } from './nameable-statement.ts'
import { tagStatement } from './query-tag.ts'
import { translateServerError } from './server-error.ts'
import type { NamedStatement, StatementNames } from './statement-names.ts'
import type { StatementWatch, WatchedStatement } from './statement-watch.ts'
import { cutConnection, sendStatement, type WireStatement } from './wire-query.ts'

/** What a statement is sent for. */
export interface StatementContext {
  readonly module: string
  readonly scope: QueryScope | undefined
  /** A statement without parameters that goes in front of one that commits by itself; see `StatementHooks`. */
  readonly before?: string | undefined
}

/** How a statement is sent. */
export interface SendOptions {
  /** True for a statement of the application: it gets a name when its text comes again and names are kept. */
  readonly prepared?: boolean | undefined
  /** Name to send it under, whatever is known of names. */
  readonly name?: string | undefined
  /** What begins the transaction; sent in the same message, so that the statement never runs outside of it. */
  readonly opening?: readonly string[] | undefined
  /** Told the answer to the last of these when it has come. */
  readonly onOpened?: ((command: string) => void) | undefined
  /** True when others ran before it in the same transaction: a failure would have undone them, and it never runs without them. */
  readonly inTransaction?: boolean | undefined
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
  readonly names: StatementNames
  /** Knows states that others' triggers raise. */
  readonly explain?: StatementHooks['explainFault']
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
  async execute(
    text: string,
    values: readonly unknown[],
    context: StatementContext,
    options: SendOptions = plain,
  ): Promise<pg.QueryResult> {
    const { scope, module } = context
    this.refuseHopeless(values, scope)
    const started = scope?.onQuery === undefined ? 0 : performance.now()
    const stop = scope === undefined ? undefined : new StatementUnderWay(this, scope)
    if (stop !== undefined) this.#environment.watch.add(stop)
    let failed = true
    try {
      const tagged = tagStatement(text, module, scope?.route)
      const nameable = options.prepared === true && isNameable(text, options.inTransaction === true)
      const result = await (context.before === undefined
        ? this.#send(tagged, values, options, nameable)
        : this.#sendBehind(context.before, tagged, values, nameable))
      failed = false
      return result
    } catch (error) {
      const { address, explain } = this.#environment
      const coded = translateServerError(error, { module, address, explain, cancelled: stop?.reason })
      if (coded.code === 'data-connection-lost') this.#broken = true
      throw coded
    } finally {
      if (stop !== undefined) this.#environment.watch.remove(stop)
      scope?.onQuery?.({ text, module, durationMs: performance.now() - started, failed })
    }
  }

  #send(text: string, values: readonly unknown[], options: SendOptions, nameable: boolean): Promise<pg.QueryResult> {
    const { opening, onOpened, name, inTransaction } = options
    const named = nameable ? this.#environment.names.take(this.client, text) : undefined
    if (named === undefined) return sendStatement(this.client, { text, values, name, opening, onOpened, inTransaction })
    // One message, or what was sent beside it could come between the two transactions.
    const again = opening === undefined ? undefined : ['rollback', ...opening]
    return this.#sendNamed(named, { text, values, opening, inTransaction }, again)
  }

  async #sendBehind(
    before: string,
    text: string,
    values: readonly unknown[],
    nameable: boolean,
  ): Promise<pg.QueryResult> {
    const opening = [before]
    const named = nameable ? this.#environment.names.take(this.client, text) : undefined
    if (named !== undefined) return this.#sendNamed(named, { text, values, opening }, opening)
    if (values.length > 0 || !text.includes(';')) return sendStatement(this.client, { text, values, opening })
    // Several statements in one text go as they are; the server makes one transaction of what comes in one message.
    const answers: unknown = await sendStatement(this.client, { text: `${before}; ${text}`, values })
    // The driver answers several statements with a list, which its types leave out.
    const [, ...own] = answers as readonly pg.QueryResult[]
    return (own.length === 1 ? own[0] : own) as pg.QueryResult
  }

  async #sendNamed(
    named: NamedStatement,
    statement: WireStatement,
    openingAgain: readonly string[] | undefined,
  ): Promise<pg.QueryResult> {
    const { name, parsed, shape } = named
    try {
      const result = await sendStatement(this.client, { ...statement, text: named.text, name, parsed, shape })
      named.parsed = true
      return result
    } catch (error) {
      const { names } = this.#environment
      const reason = staleReason(error)
      // Whether the server has it now depends on where it stopped; a name that is taken back does no harm.
      if (reason !== undefined || !named.parsed) names.forget(this.client, statement.text)
      if (reason === undefined) throw error
      if (reason === 'plan-changed') names.planChanged(named)
      else names.lost(this.client)
      if (statement.inTransaction === true) throw dataError('data-statement-stale', {}, error)
    }
    // The server refused it before it did anything, so it may go once more: without a name, where nothing is stale.
    return sendStatement(this.client, { text: statement.text, values: statement.values, opening: openingAgain })
  }

  /** Throws for a statement that would not be sent: too many values, too late, or nobody waits for it. */
  refuseHopeless(values: readonly unknown[], scope: QueryScope | undefined): void {
    if (values.length > mostParameters) {
      const reason = `${values.length} parameters, at most ${mostParameters} can be sent`
      throw dataError('data-invalid-value', { reason })
    }
    if (scope === undefined) return
    if (scope.deadlineAt !== undefined && scope.deadlineAt <= this.#environment.now()) {
      throw dataError('data-timeout', { reason: 'the deadline had passed before it was sent' })
    }
    if (hasLeft(scope)) throw dataError('data-cancelled')
  }

  /** Asks the server to stop what runs. */
  cancel(): void {
    // A cancel request may arrive after its statement has ended, so nobody else gets this connection afterwards.
    this.#broken = true
    this.#environment.cancel(this.client).catch(() => undefined)
  }
}

class StatementUnderWay implements WatchedStatement {
  readonly scope: QueryScope
  cancelledAt: number | undefined = undefined
  reason: 'timeout' | 'aborted' | undefined = undefined
  readonly #session: Session

  constructor(session: Session, scope: QueryScope) {
    this.#session = session
    this.scope = scope
  }

  cancel(reason: 'timeout' | 'aborted'): void {
    this.reason = reason
    this.#session.cancel()
  }

  giveUp(): void {
    cutConnection(this.#session.client)
  }
}

const plain: SendOptions = {}

/** Why a prepared statement cannot be used: its tables have changed, or its name is not what it was. */
function staleReason(error: unknown): 'plan-changed' | 'name-lost' | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  // The message is in the language of the server; the name of the routine is not.
  if (error.code === '0A000') {
    return 'routine' in error && error.routine === 'RevalidateCachedQuery' ? 'plan-changed' : undefined
  }
  return error.code === '26000' || error.code === '42P05' ? 'name-lost' : undefined
}
