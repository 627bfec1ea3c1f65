// Answers to what is not HTTP enough to become a request: broken syntax, huge headers, a body that never ends.
import type { Socket } from 'node:net'
import { randomHex } from '../work/trace-ids.ts'
import { httpErrors } from './errors.ts'
import type { AnswerError } from './problem.ts'

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Makes the handler that writes straight to the socket, because there is no request to answer. */
export function answerClientError(answerError: AnswerError) {
  return (fault: Error & { readonly code?: string }, socket: Socket): void => {
    if (fault.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy()
      return
    }
    const requestId = randomHex(16)
    const { status, contentType, body } = answerError(errorOf(fault.code), { method: '', path: '', requestId })
    const text = JSON.stringify(body)
    socket.end(
      [
        `HTTP/1.1 ${status} ${phrases[status] ?? 'Bad Request'}`,
        'connection: close',
        `content-type: ${contentType}`,
        `content-length: ${Buffer.byteLength(text)}`,
        `x-request-id: ${requestId}`,
        '',
        text,
      ].join('\r\n'),
    )
  }
}

function errorOf(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW') return httpErrors('headers-too-large')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return httpErrors('request-timeout')
  return httpErrors('malformed-request', { details: { reason: 'it is not HTTP/1.1' } })
}
