// Sends one statement over a connection of the driver: under a name, and together with what opens its transaction.
import type { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import pg from 'pg'
import { dataError } from '../contract/errors.ts'

/** One statement as it goes over the wire. */
export interface WireStatement {
  readonly text: string
  readonly values: readonly unknown[]
  /** Name under which the server keeps it; without one it is parsed each time. */
  readonly name?: string | undefined
  /**
   * Statements without parameters that run before it in the same message; their rows are dropped. When one of them fails
   * the server skips the rest of the message, so this statement never runs without them.
   */
  readonly opening?: readonly string[] | undefined
  /** Told the answer to the last of these, for example `COMMIT`, when it has come. */
  readonly onOpened?: ((command: string) => void) | undefined
  /** True when it must never run outside of a transaction, whatever has become of that. */
  readonly inTransaction?: boolean | undefined
}

/** The driver's own query, whose methods its types leave out. */
interface DriverQuery extends pg.Submittable {
  name: string | undefined
  callback: (error: Error | null, result: pg.QueryResult) => void
  requiresPreparation(): boolean
  handleCommandComplete(message: { readonly text: string }, connection: unknown): void
  handleDataRow(message: unknown): void
  handleReadyForQuery(connection: unknown): void
  handleError(error: Error, connection: unknown): void
  handleCopyInResponse(connection: unknown): void
  handleCopyData(message: unknown, connection: unknown): void
  submit(connection: unknown): Error | null
}

interface WireConnection extends EventEmitter {
  readonly stream: Socket
  readonly parsedStatements: Record<string, string | undefined>
  close(what: { readonly type: 'S'; readonly name: string }): void
  sendCopyFail(reason: string): void
  sync(): void
}

// What pg has done since 8.0 in its own way to run a query; its types leave it out.
const PlainQuery = pg.Query as unknown as new (text: string, values: readonly unknown[]) => DriverQuery

// The driver's query, which answers when the connection is at rest again and not while the server still speaks.
class WireQuery extends PlainQuery {
  readonly #client: pg.ClientBase
  readonly #statement: WireStatement
  #left: number
  #submitting = false
  #refusal: Error | undefined

  constructor(client: pg.ClientBase, statement: WireStatement) {
    super(statement.text, statement.values)
    this.#client = client
    this.#statement = statement
    this.#left = statement.opening?.length ?? 0
    this.name = statement.name
    // Only where something is in front: rows are what a driver meets most often.
    if (this.#left > 0) this.handleDataRow = (message) => this.#rowOf(message)
  }

  #rowOf(message: unknown): void {
    if (this.#left === 0) super.handleDataRow(message)
  }

  // Only this way of sending lets the server skip the rest after a failure.
  override requiresPreparation(): boolean {
    return this.#statement.opening !== undefined || super.requiresPreparation()
  }

  override submit(connection: WireConnection): Error | null {
    const { opening, inTransaction, values } = this.#statement
    // Whatever has happened to its transaction while it waited for its turn: it never runs outside of one.
    if (inTransaction === true && this.#client.getTransactionStatus() === 'I')
      return dataError('data-transaction-failed')
    if (!Array.isArray(values)) return dataError('data-invalid-value', { reason: 'the values are not a list' })
    this.#submitting = true
    if (opening !== undefined) connection.stream.cork()
    try {
      if (opening !== undefined) connection.stream.write(Buffer.concat(opening.map(messagesFor)))
      return super.submit(connection)
    } finally {
      if (opening !== undefined) connection.stream.uncork()
      this.#submitting = false
    }
  }

  override handleCommandComplete(message: { readonly text: string }, connection: unknown): void {
    if (this.#left === 0) {
      super.handleCommandComplete(message, connection)
      return
    }
    this.#left -= 1
    if (this.#left === 0) this.#statement.onOpened?.(message.text)
  }

  override handleError(error: Error, connection: WireConnection): void {
    // While it is being sent only a value can fail that has no text; the driver then closes the message by itself.
    if (this.#submitting) this.#refusal = dataError('data-invalid-value', { reason: error.message }, error)
    else if (error instanceof pg.DatabaseError && connection.stream.readable) this.#whenAtRest(error, connection)
    else super.handleError(this.#refusal ?? error, connection)
  }

  override handleReadyForQuery(connection: unknown): void {
    if (this.#refusal === undefined) super.handleReadyForQuery(connection)
    else super.handleError(this.#refusal, connection)
  }

  override handleCopyInResponse(connection: WireConnection): void {
    this.#refusal = dataError('data-copy')
    connection.sendCopyFail('refused by the client')
    // The server has dropped the Sync that came before its answer.
    if (this.requiresPreparation()) connection.sync()
  }

  override handleCopyData(): void {
    this.#refusal = dataError('data-copy')
  }

  // The driver forgets a query at its error, and the server may go on: with what it still has to say, or by hanging up.
  #whenAtRest(error: Error, connection: WireConnection): void {
    const settle = (): void => {
      connection.off('readyForQuery', settle)
      connection.off('end', settle)
      super.handleError(this.#refusal ?? error, connection)
    }
    connection.on('readyForQuery', settle)
    connection.on('end', settle)
  }
}

/** Sends it. Rejects with the driver's error, or with a coded one for what is not sent. */
export function sendStatement(client: pg.ClientBase, statement: WireStatement): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const query: DriverQuery = new WireQuery(client, statement)
    query.callback = (error, result) => (error === null ? resolve(result) : reject(error))
    client.query(query)
  })
}

/** True when nothing is under way in the connection and no transaction is open, so that somebody else may have it. */
export function isAtRest(client: pg.ClientBase): boolean {
  return client.getTransactionStatus() === 'I' && Reflect.get(client, 'readyForQuery') === true
}

/** Tells the server, with the next message, that a name is not needed any more. The name must not be used again. */
export function dropName(client: pg.ClientBase, name: string): void {
  const connection = connectionOf(client)
  if (connection === undefined || !connection.stream.writable) return
  delete connection.parsedStatements[name]
  connection.close({ type: 'S', name })
}

/** Makes the driver fail what runs at once, as if the network had broken. */
export function cutConnection(client: pg.ClientBase): void {
  connectionOf(client)?.stream.destroy()
}

function connectionOf(client: pg.ClientBase): WireConnection | undefined {
  const connection: unknown = Reflect.get(client, 'connection')
  if (typeof connection !== 'object' || connection === null || !('stream' in connection)) return undefined
  // The rest of the shape belongs to every version of the driver that has a stream there.
  return connection.stream instanceof Socket ? (connection as WireConnection) : undefined
}

// PostgreSQL, Frontend/Backend Protocol: Parse, Bind and Execute without name, parameters and rows.
function messagesFor(text: string): Buffer {
  const size = Buffer.byteLength(text)
  const parse = 1 + 4 + 1 + size + 1 + 2
  const buffer = Buffer.alloc(parse + bindAndExecute.length)
  buffer.write('P', 0)
  buffer.writeInt32BE(parse - 1, 1)
  buffer.write(text, 6)
  bindAndExecute.copy(buffer, parse)
  return buffer
}

const bindAndExecute = Buffer.from([0x42, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0])
