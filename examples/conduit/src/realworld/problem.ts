// Every error answer in the shape of the RealWorld specification: `{"errors": {"<field>": ["<message>"]}}`.
import type { ErrorIssue, FootingError } from '@footing/core'

/** An error answer. Front ends read `errors`; `code` is there for programs and for people who search. */
export interface RealWorldProblem {
  readonly status: number
  readonly contentType: 'application/json'
  readonly body: {
    /** Messages by field; `body` has all of them as sentences, as openapi.yml requires. */
    readonly errors: Readonly<Record<string, readonly string[]>>
    readonly code: string
  }
}

/** Translates a coded error. A fault of ours (5xx) says nothing about our inside: the log has it, by request id. */
export function realWorldProblem(error: FootingError): RealWorldProblem {
  return {
    status: statusOf(error),
    contentType: 'application/json',
    body: { errors: messagesOf(error), code: error.code },
  }
}

/** The specification knows one status for all that is wrong with what was sent: 422. */
function statusOf(error: FootingError): number {
  return error.status === 400 || error.status === 409 ? 422 : error.status
}

function messagesOf(error: FootingError): Record<string, string[]> {
  if (error.status >= 500) {
    return { body: [error.retryable ? 'is not available now, try again soon' : 'could not be answered: our fault'] }
  }
  if (error.code === 'unauthenticated') return byField([{ pointer: '/token', message: 'is missing' }])
  return error.issues.length > 0 ? byField(error.issues) : { body: [error.what] }
}

function byField(issues: readonly ErrorIssue[]): Record<string, string[]> {
  // A map, because a field may be called `__proto__`.
  const fields = new Map<string, string[]>([['body', []]])
  for (const { pointer, message } of issues) {
    const field = fieldOf(pointer)
    fields.get('body')?.push(field === 'body' ? message : `${field} ${message}`)
    if (field === 'body') continue
    const messages = fields.get(field) ?? []
    messages.push(message)
    fields.set(field, messages)
  }
  return Object.fromEntries(fields)
}

/** `/article/title` speaks of `title`, `/article/tagList/3` of `tagList`, the empty pointer of the body. */
function fieldOf(pointer: string): string {
  const names = pointer.split('/').filter((part) => part !== '' && !/^\d+$/.test(part))
  return names.at(-1)?.slice(0, 100) ?? 'body'
}
