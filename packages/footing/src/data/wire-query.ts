// Sends one statement over a connection of the driver: under a name, and together with what opens its transaction.
import { Socket } from 'node:net'
import pg from 'pg'

/** One statement as it goes over the wire. */
export interface WireStatement {
  readonly text: string
  readonly values: readonly unknown[]
  /** Name under which the server keeps it; without one it is parsed each time. */
  readonly name?: string | undefined
  /**
   * Statements without parameters or rows that run before it in the same message. When one of them fails the server skips
   * the rest of the message, so this statement never runs without them.
   */
  readonly opening?: readonly string[] | undefined
}

/** The driver's own query, whose methods its types leave out. */
interface DriverQuery extends pg.Submittable {
  name: string | undefined
  callback: (error: Error | null, result: pg.QueryResult) => void
  requiresPreparation(): boolean
  handleCommandComplete(message: unknown, connection: unknown): void
  submit(connection: unknown): unknown
}

interface WireConnection {
  readonly stream: Socket
  readonly parsedStatements: Record<string, string | undefined>
  close(what: { readonly type: 'S'; readonly name: string }): void
}

// What pg has done since 8.0 in its own way to run a query; its types leave it out.
const PlainQuery = pg.Query as unknown as new (text: string, values: readonly unknown[]) => DriverQuery

class OpeningQuery extends PlainQuery {
  readonly #opening: Buffer
  #left: number

  constructor({ text, values }: WireStatement, opening: readonly string[]) {
    super(text, values)
    this.#opening = Buffer.concat(opening.map(messagesFor))
    this.#left = opening.length
  }

  // Only this way of sending lets the server skip the rest after a failure.
  override requiresPreparation(): boolean {
    return true
  }

  override submit(connection: WireConnection): unknown {
    connection.stream.cork()
    try {
      connection.stream.write(this.#opening)
      return super.submit(connection)
    } finally {
      connection.stream.uncork()
    }
  }

  override handleCommandComplete(message: unknown, connection: unknown): void {
    if (this.#left > 0) this.#left -= 1
    else super.handleCommandComplete(message, connection)
  }
}

/** Sends it. Rejects with the driver's error. */
export function sendStatement(client: pg.ClientBase, statement: WireStatement): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const { text, values, name, opening } = statement
    // The driver copies a config object slowly, so the name is set afterwards.
    const query = opening === undefined ? new PlainQuery(text, values) : new OpeningQuery(statement, opening)
    query.name = name
    query.callback = (error, result) => (error === null ? resolve(result) : reject(error))
    client.query(query)
  })
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
