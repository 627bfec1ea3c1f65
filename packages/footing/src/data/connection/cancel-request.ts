// Sends PostgreSQL's cancel request: a connection of its own that says "stop what that other one runs".
import { connect } from 'node:net'
import type pg from 'pg'

/** Where the server listens. */
export interface CancelTarget {
  /** Host name, or a folder with the server's socket when it begins with `/`. */
  readonly host: string
  readonly port: number
}

// PostgreSQL, Frontend/Backend Protocol, "CancelRequest": length, this number, process id, secret key.
const cancelCode = 80_877_102

/**
 * Asks for the cancellation of what `client` runs now. Works through PgBouncer, which passes it on. Sent in clear text,
 * as libpq's own PQcancel does: it holds nothing but the key of this connection.
 * Resolves when the server has taken the request, which does not say that anything was still running.
 */
export async function requestCancel(target: CancelTarget, client: pg.ClientBase): Promise<void> {
  const processId: unknown = Reflect.get(client, 'processID')
  const secretKey: unknown = Reflect.get(client, 'secretKey')
  // The driver keeps both but its types leave them out; a pooler in between may have sent none.
  if (typeof processId !== 'number' || typeof secretKey !== 'number') return
  const packet = Buffer.alloc(16)
  packet.writeInt32BE(16, 0)
  packet.writeInt32BE(cancelCode, 4)
  packet.writeInt32BE(processId | 0, 8)
  packet.writeInt32BE(secretKey | 0, 12)

  const { host, port } = target
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect({ host, port })
  // The other side closes when it has passed the request on, and only it may: PgBouncer 1.18 ends as a whole
  // ("bad client state: 0") when the sender of a cancel request hangs up first, even half-way.
  await new Promise<void>((resolve) => {
    const patience = setTimeout(resolve, longestWait)
    patience.unref()
    socket.once('connect', () => socket.write(packet))
    socket.once('error', () => resolve())
    socket.once('close', () => {
      clearTimeout(patience)
      resolve()
    })
    socket.resume()
    socket.unref()
  })
}

/** Longest wait in milliseconds for the other side; its answer brings nothing but certainty. */
const longestWait = 2_000
