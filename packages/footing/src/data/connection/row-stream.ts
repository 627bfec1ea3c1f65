// Hands the rows that come over a connection to the statement that waits for them, as bytes, and tells it what has ended; every
// other message goes to the driver. The driver would make a text of each column, a list of the texts, a message of the list and an event of the message.
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type pg from 'pg'

/** A statement that takes its rows as they come. */
export interface RowTaker {
  /** The columns of one row are between `start` and `end`; the bytes are used for something else afterwards. */
  takeRow(bytes: Buffer, start: number, end: number): void
  /** One of its parts has ended, with `SELECT 5`, `COMMIT` and so on. */
  takeEnd(command: string): void
}

/** The part of the driver's connection that reads. */
interface ReadingConnection {
  attachListeners(stream: EventEmitter): void
}

const dataRow = 0x44
const commandComplete = 0x43
/** That a name was parsed, its values were taken, a name was dropped: nobody waits for these. */
const [parseComplete, bindComplete, closeComplete] = [0x31, 0x32, 0x33]
/** Its kind, and its length, which counts itself. */
const headSize = 5
const leastLength = 4

const streams = new WeakMap<pg.ClientBase, RowStream>()

/** The messages of one connection. */
export class RowStream {
  /** The statement under way; without one rows go to the driver, which knows what to say of them. */
  taker: RowTaker | undefined
  readonly #driver = new EventEmitter()
  /** The beginning of a message whose end has not come. */
  #begun: Buffer[] = []
  #begunSize = 0
  #wanted = headSize

  /** Stands between the socket and the driver. To be called before the client connects. */
  static before(client: pg.Client): RowStream {
    const rows = new RowStream()
    const connection: unknown = Reflect.get(client, 'connection')
    if (!reads(connection))
      throw new TypeError('This driver reads in another way than the one that Footing is made for.')
    const attach = connection.attachListeners.bind(connection)
    streams.set(client, rows)
    connection.attachListeners = (stream) => {
      attach(rows.#driver)
      stream.on('data', (chunk: Buffer) => rows.#read(chunk, stream as Socket))
    }
    return rows
  }

  /** That of a client. */
  static of(client: pg.ClientBase): RowStream | undefined {
    return streams.get(client)
  }

  #read(chunk: Buffer, stream: Socket): void {
    const bytes = this.#whole(chunk)
    if (bytes === undefined) return
    const size = bytes.length
    let [at, passed] = [0, 0]
    while (size - at >= headSize) {
      const length = bytes.readUInt32BE(at + 1)
      if (length < leastLength) {
        stream.destroy(new Error('The server does not speak the protocol of PostgreSQL.'))
        return
      }
      const end = at + 1 + length
      if (end > size) break
      if (this.taker !== undefined && isTaken(bytes[at])) {
        // What came in front of it may end the statement.
        if (passed < at) this.#pass(bytes, passed, at)
        passed = this.#take(bytes, at, end) ? end : at
      }
      at = end
    }
    if (passed < at) this.#pass(bytes, passed, at)
    if (at < size) this.#begin(bytes.subarray(at))
  }

  #take(bytes: Buffer, at: number, end: number): boolean {
    const { taker } = this
    if (taker === undefined) return false
    if (bytes[at] === dataRow) taker.takeRow(bytes, at + headSize, end)
    // It ends with a byte of zero.
    else if (bytes[at] === commandComplete) taker.takeEnd(bytes.toString('latin1', at + headSize, end - 1))
    return true
  }

  #pass(bytes: Buffer, from: number, to: number): void {
    this.#driver.emit('data', from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))
  }

  #begin(rest: Buffer): void {
    this.#begun = [rest]
    this.#begunSize = rest.length
    this.#wanted = rest.length < headSize ? headSize : 1 + rest.readUInt32BE(1)
  }

  /** The bytes with what was begun before them; undefined while the message is still not whole. */
  #whole(chunk: Buffer): Buffer | undefined {
    if (this.#begunSize === 0) return chunk
    // Put together once, when all is there: a value may have a gigabyte.
    this.#begun.push(chunk)
    this.#begunSize += chunk.length
    if (this.#begunSize < this.#wanted) return undefined
    const bytes = Buffer.concat(this.#begun, this.#begunSize)
    this.#begun = []
    this.#begunSize = 0
    return bytes
  }
}

function isTaken(kind: number | undefined): boolean {
  return (
    kind === dataRow ||
    kind === bindComplete ||
    kind === commandComplete ||
    kind === parseComplete ||
    kind === closeComplete
  )
}

function reads(connection: unknown): connection is ReadingConnection {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    'attachListeners' in connection &&
    typeof connection.attachListeners === 'function'
  )
}
