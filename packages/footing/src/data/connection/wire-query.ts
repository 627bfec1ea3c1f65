// Sends one statement over a connection of the driver: under a name, and together with what opens its transaction.
import type { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import pg from 'pg'
import { dataError } from '../contract/errors.ts'
import { type ColumnReader, columnReader } from './read-column.ts'
import { RowStream, type RowTaker } from './row-stream.ts'
import { messageFor } from './wire-message.ts'

/** One statement as it goes over the wire. */
export interface WireStatement {
  readonly text: string
  readonly values: readonly unknown[]
  /** Name under which the server keeps it; without one it is parsed each time. */
  readonly name?: string | undefined
  /** True when the server has this name already. */
  readonly parsed?: boolean | undefined
  /** What is known of its answer; filled in when the server says it, and the server is not asked again. */
  readonly shape?: AnswerShape | undefined
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

/** The columns of a prepared statement's answer: the server refuses to run it when they are others. */
export interface AnswerShape {
  columns: Columns | undefined
}

/** How rows are made of what the server sends. */
interface Columns {
  readonly fields: pg.FieldDef[]
  readonly names: readonly string[]
  readonly readers: readonly ColumnReader[]
  /** Copied for each row, so that all rows of a statement have one form. */
  readonly empty: Readonly<Record<string, unknown>>
}

interface WireConnection extends EventEmitter {
  readonly stream: Socket
  query(text: string): void
  close(what: { readonly type: 'S'; readonly name: string }): void
  sendCopyFail(reason: string): void
  sync(): void
}

/** The answer to one of the statements of a text. */
class Answer {
  command = ''
  rowCount: number | null = null
  oid = 0
  rows: Record<string, unknown>[] = []
  fields: pg.FieldDef[] = []
}

const noColumns: Columns = { fields: [], names: [], readers: [], empty: {} }

/**
 * What the driver runs: writes everything in one message, and answers when the connection is at rest again and not while
 * the server still speaks. The driver's own query writes four messages, asks each time what the columns are, and believes
 * that a name is known when the statement in front of it was.
 */
class WireQuery implements RowTaker {
  callback: (error: Error | null, result: pg.QueryResult) => void
  readonly #client: pg.ClientBase
  readonly #statement: WireStatement
  readonly #rows: RowStream | undefined
  readonly #answers: Answer[] = []
  #answer = new Answer()
  #columns: Columns
  #left: number
  #refusal: Error | undefined

  constructor(client: pg.ClientBase, statement: WireStatement, callback: WireQuery['callback']) {
    this.callback = callback
    this.#client = client
    this.#statement = statement
    this.#rows = RowStream.of(client)
    this.#left = statement.opening?.length ?? 0
    this.#columns = statement.shape?.columns ?? noColumns
  }

  /** Without any need for more it goes as plain text, which may be several statements. */
  get #extended(): boolean {
    const { opening, name, values } = this.#statement
    return opening !== undefined || name !== undefined || values.length > 0
  }

  submit(connection: WireConnection): Error | undefined {
    const { inTransaction, text, values } = this.#statement
    // Whatever has happened to its transaction while it waited for its turn: it never runs outside of one.
    if (inTransaction === true && this.#client.getTransactionStatus() === 'I')
      return dataError('data-transaction-failed')
    if (!Array.isArray(values)) return dataError('data-invalid-value', { reason: 'the values are not a list' })
    if (!this.#extended) {
      connection.query(text)
      this.#takeRows(this)
      return undefined
    }
    try {
      const message = messageFor(this.#statement)
      if (connection.stream.writable) connection.stream.write(message)
      this.#takeRows(this)
      return undefined
    } catch (error) {
      // Nothing was sent: one of the values has no text.
      const reason = error instanceof Error ? error.message : String(error)
      return dataError('data-invalid-value', { reason }, error)
    }
  }

  handleRowDescription({ fields }: { readonly fields: pg.FieldDef[] }): void {
    this.#columns = columnsOf(fields)
    this.#answer.fields = fields
  }

  takeRow(bytes: Buffer, start: number, end: number): void {
    // Those of what is in front are dropped.
    if (this.#left > 0 || this.#refusal !== undefined) return
    const { names, readers, empty } = this.#columns
    const row: Record<string, unknown> = { ...empty }
    try {
      let at = start + 2
      for (let column = 0; column < names.length; column += 1) {
        const size = bytes.readInt32BE(at)
        at += 4
        if (size < 0) continue
        if (at + size > end) throw new RangeError('the server has sent less of a row than it said')
        // As many readers as names: both come from the description of these rows.
        row[names[column]!] = readers[column]!(bytes, at, at + size)
        at += size
      }
    } catch (error) {
      this.#refusal = error instanceof Error ? error : new Error(String(error))
    }
    this.#answer.rows.push(row)
  }

  takeEnd(text: string): void {
    if (this.#left > 0) {
      this.#left -= 1
      if (this.#left === 0) this.#statement.onOpened?.(text)
      return
    }
    const answer = this.#answer
    const { shape } = this.#statement
    if (shape !== undefined) {
      shape.columns ??= this.#columns
      answer.fields = shape.columns.fields
    }
    readTag(answer, text)
    this.#answers.push(answer)
    this.#answer = new Answer()
    if (shape === undefined) this.#columns = noColumns
  }

  handleEmptyQuery(): void {
    this.#answers.push(this.#answer)
  }

  handlePortalSuspended(): void {
    // Never happens: no statement asks for a part of its rows.
  }

  handleReadyForQuery(): void {
    this.#takeRows(undefined)
    if (this.#refusal !== undefined) {
      this.callback(this.#refusal, nothing)
      return
    }
    const answers = this.#answers
    // Several statements have several answers, which the driver's own types leave out.
    this.callback(null, (answers.length > 1 ? answers : (answers[0] ?? this.#answer)) as unknown as pg.QueryResult)
  }

  handleError(error: Error, connection: WireConnection): void {
    this.#takeRows(undefined)
    if (error instanceof pg.DatabaseError && connection.stream.readable) this.#whenAtRest(error, connection)
    else this.callback(this.#refusal ?? error, nothing)
  }

  handleCopyInResponse(connection: WireConnection): void {
    this.#refusal = dataError('data-copy')
    connection.sendCopyFail('refused by the client')
    // The server has dropped the Sync that came before its answer.
    if (this.#extended) connection.sync()
  }

  handleCopyData(): void {
    this.#refusal = dataError('data-copy')
  }

  #takeRows(taker: RowTaker | undefined): void {
    if (this.#rows !== undefined) this.#rows.taker = taker
  }

  // The driver forgets a query at its error, and the server may go on: with what it still has to say, or by hanging up.
  #whenAtRest(error: Error, connection: WireConnection): void {
    const settle = (): void => {
      connection.off('readyForQuery', settle)
      connection.off('end', settle)
      this.callback(this.#refusal ?? error, nothing)
    }
    connection.on('readyForQuery', settle)
    connection.on('end', settle)
  }
}

/** The driver's callback has a result in any case. */
const nothing = new Answer() as unknown as pg.QueryResult

function columnsOf(fields: pg.FieldDef[]): Columns {
  const empty: Record<string, unknown> = {}
  for (const { name } of fields) empty[name] = null
  const names = fields.map(({ name }) => name)
  return { fields, names, readers: fields.map(({ dataTypeID }) => columnReader(dataTypeID)), empty }
}

// `SELECT 5`, `INSERT 0 1`, `CREATE TABLE`, `BEGIN`.
function readTag(answer: Answer, text: string): void {
  const first = text.indexOf(' ')
  answer.command = first < 0 ? text : text.slice(0, first)
  if (first < 0) return
  const last = text.lastIndexOf(' ')
  const count = Number(text.slice(last + 1))
  if (Number.isNaN(count)) return
  answer.rowCount = count
  if (last > first) answer.oid = Number(text.slice(first + 1, last))
}

/** Sends it. Rejects with the driver's error, or with a coded one for what is not sent. */
export function sendStatement(client: pg.ClientBase, statement: WireStatement): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const settle: WireQuery['callback'] = (error, result) => (error === null ? resolve(result) : reject(error))
    // The driver runs whatever has its methods; its types know the connection that it hands them by another shape.
    client.query(new WireQuery(client, statement, settle) as unknown as pg.Submittable)
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
