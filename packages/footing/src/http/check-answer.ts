// Nothing that was not declared goes out: every answer is compared with what its status declares, in production too.
import type { ErrorIssue } from '@footing/kernel'
import { checkOutput } from '../module/checked-value.ts'
import { moduleErrors } from '../module/errors.ts'
import { isMedia, type Media, type ServerSentEvent } from '../module/media.ts'
import { type Declared, declaredFor, type Reply, respond } from '../module/route.ts'
import { type JsonSchema, jsonSchemaOf } from '../module/schema.ts'
import type { PlacedRoute } from './place-routes.ts'
import { Pieces } from './send-pieces.ts'
import { serialiserSchema } from './serialiser-schema.ts'

/** How the answers of one route are checked and written. */
export interface CheckedAnswers {
  /** JSON Schema of the JSON answers by status, for the fast serialiser. */
  readonly serialised: Readonly<Record<string, JsonSchema>>
  /** The answer as it may leave. @throws `undeclared-answer`, `invalid-output` */
  check(reply: Reply): Reply | Promise<Reply>
}

type Check = (reply: Reply) => Reply | Promise<Reply>

/** @throws `schema-unusable` for a schema that JSON Schema cannot express */
export function answersOf(placed: PlacedRoute): CheckedAnswers {
  const { route, path, shape } = placed
  const label = `${route.method} ${path}`
  const checks = new Map<number, Check>()
  const serialised: Record<string, JsonSchema> = {}
  for (const status of statusesOf(placed)) {
    const declared = declaredFor(route, status) ?? null
    const own = status === route.status ? shape : undefined
    checks.set(status, own === undefined ? checkOf(declared, label) : shapedCheck(own.faults, label))
    const schema = own?.describe('draft-07') ?? schemaOf(declared, label)
    if (schema !== undefined) serialised[status] = serialiserSchema(schema)
  }
  return {
    serialised,
    check: (reply) => {
      const check = checks.get(reply.status)
      if (check === undefined) {
        throw moduleErrors('undeclared-answer', { details: { operation: label, status: reply.status } })
      }
      return check(reply)
    },
  }
}

/** All statuses that a route declares, in order. */
export function statusesOf({ route }: PlacedRoute): readonly number[] {
  return [...new Set([route.status, ...Object.keys(route.answers).map(Number)])].toSorted((a, b) => a - b)
}

function schemaOf(declared: Declared, label: string): JsonSchema | undefined {
  return declared === null || isMedia(declared) ? undefined : jsonSchemaOf(declared, 'output', 'draft-07', label)
}

function checkOf(declared: Declared, label: string): Check {
  if (declared === null) {
    return (reply) => (reply.body === undefined ? reply : invalid(label, [{ pointer: '', message: 'has no body' }]))
  }
  if (isMedia(declared)) return mediaCheck(declared, label)
  return (reply) => {
    const value = checkOutput(declared, reply.body, label)
    return value instanceof Promise ? value.then((found) => json(reply, found)) : json(reply, value)
  }
}

/** The port has checked the value; what the route made of it has to be what is described. */
function shapedCheck(faults: (value: unknown) => readonly ErrorIssue[], label: string): Check {
  return (reply) => {
    const found = faults(reply.body)
    return found.length > 0 ? invalid(label, found) : json(reply, reply.body)
  }
}

function json(reply: Reply, value: unknown): Reply {
  // A text or nothing would otherwise be sent as it is, and not as JSON.
  if (typeof value === 'string' || value === null) {
    const headers = { 'content-type': 'application/json; charset=utf-8', ...reply.headers }
    return respond(reply.status, JSON.stringify(value), headers)
  }
  return value === reply.body ? reply : respond(reply.status, value, reply.headers)
}

function mediaCheck(media: Media, label: string): Check {
  return (reply) => {
    const type = contentType(media, reply, label)
    return respond(reply.status, mediaBody(media, reply.body, label), { ...reply.headers, 'content-type': type })
  }
}

function contentType({ form, types }: Media, { headers }: Reply, label: string): string {
  const own = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  const essence = own?.split(';', 1)[0]?.trim().toLowerCase()
  if (essence !== undefined && !types.includes(essence)) {
    return invalid(label, [
      { pointer: '', message: `has the content type ${essence}, and ${types.join(', ')} is declared` },
    ])
  }
  const [first = 'application/octet-stream'] = types
  return own ?? (form === 'text' || form === 'events' ? `${first}; charset=utf-8` : first)
}

function mediaBody({ form, schema }: Media, body: unknown, label: string): unknown {
  if (form === 'stream' && isPieces(body)) return new Pieces(body)
  if (form === 'events' && isPieces(body)) return new Pieces(eventText(body, schema, label))
  if ((form === 'raw' || form === 'text') && typeof body === 'string') return body
  if (form === 'raw' && body instanceof Uint8Array) return body
  return invalid(label, [{ pointer: '', message: `is not what the medium "${form}" sends` }])
}

function isPieces(body: unknown): body is AsyncIterable<never> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** Events as text; a comment comes first, so that the client knows at once that it is connected. */
async function* eventText(
  events: AsyncIterable<ServerSentEvent>,
  schema: Media['schema'],
  label: string,
): AsyncGenerator<string> {
  yield ':\n\n'
  for await (const { data, event, id } of events) {
    for (const field of [event, id]) {
      if (field !== undefined && /[\r\n\0]/.test(field)) {
        invalid(label, [{ pointer: '', message: 'has a line break in the name or the id of an event' }])
      }
    }
    const checked = await checkOutput(schema, data, label)
    yield `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(checked)}\n\n`
  }
}

function invalid(operation: string, issues: readonly ErrorIssue[]): never {
  throw moduleErrors('invalid-output', { details: { operation }, issues })
}
