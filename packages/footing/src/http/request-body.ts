// Bodies of requests: which content types a route takes, how its bytes become a value, and that no text is changed
// silently on the way.
import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { verifyBrackets } from '@footing/kernel'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { moduleErrors } from '../module/errors.ts'
import { isMedia, type Media } from '../module/media.ts'
import { type AnyRoute, mediaOf } from '../module/route.ts'
import { jsonSchemaOf, type Schema } from '../module/schema.ts'
import { bytes } from '../module/size.ts'
import { checker } from './check-input.ts'
import { httpErrors } from './errors.ts'
import { MultipartBody } from './multipart-body.ts'
import { propertiesOf, textReader } from './schema-node.ts'

type Done = (error: Error | null, body?: unknown) => void

const mostFields = 1000
const utf8Names = new Set(['utf-8', 'utf8', 'us-ascii'])

/** Takes JSON wherever a route takes a body, and other content types where the route declares them. */
export function readBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    settle(done, () => {
      refuseCoding(request.headers)
      const media = declaredMedia(request)
      // With `parseAs: 'buffer'` it is one.
      if (media !== undefined) return done(null, ofBytes(takenBy(media, request), body as Buffer, request))
      const text = utf8(body as Buffer, request.headers)
      // Clients that always name a content type also send it with an empty body.
      if (text === '') done(null, undefined)
      else if (isTooNested(text)) throw httpErrors('body-too-nested')
      else parse(request, text, done)
    })
  })
  server.addContentTypeParser('*', (request, payload, done) => {
    settle(done, () => {
      if (request.is404) return done(null, undefined)
      refuseCoding(request.headers)
      const media = takenBy(declaredMedia(request), request)
      const limit = request.routeOptions.bodyLimit ?? Number.POSITIVE_INFINITY
      if (Number(request.headers['content-length']) > limit) throw httpErrors('body-too-large')
      if (media.form === 'multipart')
        return done(null, new MultipartBody(payload, request.headers, media.limits, limit))
      const limited = atMost(payload, limit)
      if (media.form === 'stream') return done(null, limited)
      collect(limited).then((body) => settle(done, () => done(null, ofBytes(media, body, request))), done)
    })
  })
}

/** Largest body of a route: its own word, else what the files of a multipart body add up to. */
export function bodyLimitOf({ bodyLimit, body }: AnyRoute): number | undefined {
  if (bodyLimit !== undefined) return bytes(bodyLimit)
  const media = mediaOf(body)
  if (media?.form !== 'multipart') return undefined
  const { files = 1, fileSize = '10mb' } = media.limits
  return files * bytes(fileSize) + bytes('4mb')
}

/** True for a route whose code reads the body while it arrives. */
export function readsPiecewise(route: AnyRoute | undefined): boolean {
  const form = mediaOf(route?.body)?.form
  return form === 'stream' || form === 'multipart'
}

/** Makes the value that the code of a route is given; undefined where the route declares no body. */
export function bodyReader(route: AnyRoute): ((value: unknown, label: string) => unknown) | undefined {
  const { body } = route
  if (!isMedia(body)) return checker(body, '')
  const check = checker(body.schema, '')
  const read = fieldReader(body.schema, `${route.method} ${route.path}`)
  return (value, label) => {
    if (value === undefined) {
      const issues = [{ pointer: '', message: `is missing; send ${body.types.join(' or ')}` }]
      throw moduleErrors('invalid-input', { details: { operation: label }, issues })
    }
    if (value instanceof MultipartBody) {
      return value.open((fields) => (check === undefined ? undefined : check(read(fields), label)))
    }
    return check === undefined ? value : check(read(value), label)
  }
}

/** Texts of a form become numbers and booleans where the schema asks for them. */
function fieldReader(schema: Schema | undefined, label: string): (fields: unknown) => unknown {
  if (schema === undefined) return (fields) => fields
  const root = jsonSchemaOf(schema, 'input', 'draft-2020-12', label)
  const readers = [...(propertiesOf(root, root) ?? [])].map(
    ([name, { node }]) => [name, textReader(root, node)] as const,
  )
  return (fields) => {
    const result: Record<string, unknown> = { ...(fields as object) }
    for (const [name, read] of readers) if (Object.hasOwn(result, name)) result[name] = read(result[name])
    return result
  }
}

// Brackets without end would hold the event loop for a second for each megabyte.
function isTooNested(text: string): boolean {
  try {
    verifyBrackets(text)
    return false
  } catch {
    return true
  }
}

function settle(done: Done, work: () => void): void {
  try {
    work()
  } catch (error) {
    done(error as Error) // only coded errors are thrown here
  }
}

function declaredMedia(request: FastifyRequest): Media | undefined {
  return mediaOf(request.routeOptions.config.footing?.route.body)
}

function takenBy(media: Media | undefined, request: FastifyRequest): Media {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (media?.types.some((taken) => taken === type || (taken.endsWith('/*') && type.startsWith(taken.slice(0, -1))))) {
    return media
  }
  throw httpErrors('media-type-unsupported', { details: { types: media?.types.join(', ') ?? 'application/json' } })
}

function ofBytes(media: Media, body: Buffer, { headers }: FastifyRequest): unknown {
  switch (media.form) {
    case 'raw':
      return body
    case 'stream':
      return Readable.from([body], { objectMode: false })
    case 'form':
      return fieldsOf(utf8(body, headers))
    default:
      return utf8(body, headers)
  }
}

/** What is coded would have to be decoded first, and a bomb would have to be bounded. */
function refuseCoding(headers: IncomingHttpHeaders): void {
  const coding = headers['content-encoding']?.trim().toLowerCase()
  if (coding !== undefined && coding !== '' && coding !== 'identity') {
    throw httpErrors('content-encoding-unsupported', { details: { coding: coding.slice(0, 40) } })
  }
}

/** The text of a body. Bytes that are none would come out as other characters than went in, so they are refused. */
function utf8(body: Buffer, headers: IncomingHttpHeaders): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase()
  if (charset !== undefined && !utf8Names.has(charset)) {
    throw httpErrors('charset-unsupported', { details: { charset: charset.slice(0, 40) } })
  }
  if (!isUtf8(body)) {
    throw httpErrors('malformed-request', { details: { reason: 'the body is not UTF-8' } })
  }
  return body.toString('utf8')
}

function fieldsOf(text: string): Readonly<Record<string, string | string[]>> {
  const fields = new Map<string, string | string[]>()
  const pairs = text === '' ? [] : text.split('&')
  if (pairs.length > mostFields) {
    throw httpErrors('malformed-request', { details: { reason: `the form has more than ${mostFields} fields` } })
  }
  for (const pair of pairs) {
    const end = pair.indexOf('=')
    const name = formText(end < 0 ? pair : pair.slice(0, end))
    const value = formText(end < 0 ? '' : pair.slice(end + 1))
    const before = fields.get(name)
    fields.set(name, before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value])
  }
  return Object.fromEntries(fields)
}

function formText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw httpErrors('malformed-request', { details: { reason: 'the form is not well encoded' }, cause })
  }
}

async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer) // a byte stream without an encoding
  return Buffer.concat(chunks)
}

/** The same bytes, failing beyond the limit. */
function atMost(payload: Readable, limit: number): Readable {
  let seen = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length
      if (seen > limit) done(httpErrors('body-too-large'))
      else done(null, chunk)
    },
  })
  // A failure reaches whoever reads the result; without a reader it must not end the process.
  pipeline(payload, counted, { end: true }).catch(() => undefined)
  return counted
}
