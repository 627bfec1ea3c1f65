// Answers to what is not HTTP enough to become a request: broken syntax, huge headers, a body that never ends.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { randomHex } from '../work/trace-ids.ts'
import { httpErrors } from './errors.ts'
import type { AnswerError } from './problem.ts'
import { securityHeaders } from './response-headers.ts'

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Answers under way on a connection, its last request, and what waits until it is its turn. */
interface Line {
  open: number
  last: IncomingMessage
  waits: (() => void) | undefined
}

/** Keeps answers in order: what is broken comes after the requests in front of it on the same connection. */
export class ClientErrors {
  readonly #lines = new WeakMap<Socket, Line>()
  readonly #answerError: AnswerError

  constructor(answerError: AnswerError) {
    this.#answerError = answerError
  }

  /** Counts the answers of a server. */
  watch(server: Server): void {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request
      const line = this.#lines.get(socket) ?? { open: 0, last: request, waits: undefined }
      this.#lines.set(socket, line)
      line.open++
      line.last = request
      response.once('close', () => {
        line.open--
        if (isNext(line)) line.waits?.()
      })
    })
  }

  /** Writes straight to the socket, because there is no request to answer. */
  readonly answer = (fault: Error & { readonly code?: string }, socket: Socket): void => {
    if (fault.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy()
      return
    }
    const line = this.#lines.get(socket)
    if (line === undefined || isNext(line)) this.#write(fault.code, socket)
    else line.waits = () => this.#write(fault.code, socket)
  }

  #write(code: string | undefined, socket: Socket): void {
    if (!socket.writable) return
    const requestId = randomHex(16)
    const about = { method: '', path: '', requestId }
    const { status, contentType, body } = this.#answerError(errorOf(code), about)
    const text = JSON.stringify(body)
    const headers = {
      connection: 'close',
      'content-type': contentType,
      'content-length': Buffer.byteLength(text),
      'x-request-id': requestId,
      ...securityHeaders,
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end([`HTTP/1.1 ${status} ${phrases[status] ?? 'Bad Request'}`, ...lines, '', text].join('\r\n'))
  }
}

/** True when everything in front is answered. What breaks the body of the last request is its answer: no other will come. */
function isNext({ open, last }: Line): boolean {
  return open <= (last.complete ? 0 : 1)
}

function errorOf(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW') return httpErrors('headers-too-large')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return httpErrors('request-timeout')
  return httpErrors('malformed-request', { details: { reason: 'it is not HTTP/1.1' } })
}
