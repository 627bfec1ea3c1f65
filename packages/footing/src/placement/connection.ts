// The connections to one process: kept open, bounded, and every failure told by what it means for the call.
import type { Dispatcher, Pool } from 'undici'
import { largestMessage } from './wire.ts'

/** A call as bytes. */
export interface Message {
  /** `/modules/billing/quote`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly signal: AbortSignal
}

/** An answer as it came, complete. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Why there is no answer. `sent` is false only when it is certain that the call has not left. */
export class ConnectionFault extends Error {
  readonly sent: boolean
  constructor(reason: string, sent: boolean, cause: unknown) {
    super(reason, { cause })
    this.sent = sent
  }
}

/** An answer that is longer than may be held in memory. */
export class OversizedAnswer extends Error {}

/** Sends calls to one process. */
export interface Connection {
  send(message: Message): Promise<RawAnswer>
  close(): Promise<void>
}

const mostConnections = 128
const connectTimeoutMs = 3000

/** Opens nothing yet: connections are made for the first calls and kept. */
export async function openConnection(url: URL): Promise<Connection> {
  // Known only to processes that have a module elsewhere.
  const { Pool } = await import('undici')
  const pool: Pool = new Pool(url.origin, {
    connections: mostConnections,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    // The deadline of the call ends both.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 32 * 1024,
  })
  const prefix = url.pathname.replace(/\/+$/, '')
  return {
    async send({ path, headers, body, signal }) {
      let answer: Dispatcher.ResponseData
      try {
        answer = await pool.request({ method: 'POST', path: prefix + path, headers, body: body ?? null, signal })
      } catch (error) {
        throw faultOf(error, signal)
      }
      return { status: answer.statusCode, headers: answer.headers, body: await readAll(answer, signal) }
    },
    // Calls under way have ended with the work that made them; whatever is left is cut.
    close: () => pool.destroy(),
  }
}

async function readAll({ body, headers }: Dispatcher.ResponseData, signal: AbortSignal): Promise<string> {
  const announced = Number(headers['content-length'] ?? Number.NaN)
  if (announced > largestMessage) {
    // Cutting the connection is what stops it; that it was cut is no news.
    body.on('error', () => undefined).destroy()
    throw new OversizedAnswer(`it has more than ${largestMessage} bytes`)
  }
  try {
    // The client holds a server to the length that it has announced, so that nothing has to be counted here.
    return announced >= 0 ? await body.text() : await readCounting(body)
  } catch (error) {
    if (error instanceof OversizedAnswer) throw error
    throw faultOf(error, signal, 'the connection ended in the middle of the answer')
  }
}

async function readCounting(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > largestMessage) throw new OversizedAnswer(`it has more than ${largestMessage} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Failures that happen before anything of a request can have left. */
const beforeSending: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its network',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
  ETIMEDOUT: 'no connection came about in time',
  EADDRNOTAVAIL: 'this machine has no free port for the connection',
  EMFILE: 'this process has too many open files',
}

const tlsFault = /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_SSL_)/

function faultOf(error: unknown, signal: AbortSignal, otherwise = 'the connection broke'): Error {
  // The call was given up here; the reason of that is what its caller hears.
  if (signal.aborted) return signal.reason
  const code = codeOf(error)
  const before = beforeSending[code]
  if (before !== undefined) return new ConnectionFault(before, false, error)
  if (tlsFault.test(code)) return new ConnectionFault(`its certificate is not accepted (${code})`, false, error)
  return new ConnectionFault(code === '' ? otherwise : `${otherwise} (${code})`, true, error)
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  // Several addresses were tried; they fail for the same kind of reason.
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return ''
}
