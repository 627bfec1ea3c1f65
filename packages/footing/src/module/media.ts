// Bodies that are not JSON, as data: what arrives or leaves, in which content types, and how much of it at most.
import type { Readable } from 'node:stream'
import type { InputOf, OutputOf, Schema } from './schema.ts'
import type { Size } from './size.ts'

/** How a body is read or written. */
export type MediaForm = 'form' | 'multipart' | 'raw' | 'stream' | 'text' | 'events'

/** A body in another form than JSON: what the code of a route is given, and what it may answer with. */
export interface Media<Given = unknown, Answered = Given> {
  readonly kind: 'media'
  readonly form: MediaForm
  /** Content types that are taken; an answer has the first one unless it names another of them. */
  readonly types: readonly string[]
  /** Checks the fields of a form, or each event. */
  readonly schema: Schema | undefined
  readonly limits: UploadLimits
  /** Never there: they carry the types. */
  readonly given?: Given
  readonly answered?: Answered
}

/** Bounds of the files of a multipart body. */
export interface UploadLimits {
  /** Most files; default 1. */
  readonly files?: number
  /** Largest single file; default 10 MB. */
  readonly fileSize?: Size
  /** Content types that files may have; default any. What a client says of a file proves nothing about it. */
  readonly types?: readonly string[]
}

/** One file of a multipart body, read as it arrives. */
export interface UploadedFile {
  /** Name of the field. */
  readonly field: string
  /** Last part of the name that the client gave: text of a stranger, never a path. */
  readonly name: string
  readonly type: string
  /** The bytes. It fails with `body-too-large` when the file is larger than the route takes. */
  readonly stream: Readable
}

/** A multipart body: its fields come first, then its files one after the other, each read before the next arrives. */
export interface Upload<Fields> {
  readonly fields: Fields
  readonly files: AsyncIterable<UploadedFile>
}

/** One event of an event stream. */
export interface ServerSentEvent<Data = unknown> {
  readonly data: Data
  readonly event?: string
  /** What the browser sends back as `last-event-id` when it connects again. */
  readonly id?: string
}

/** What arrives or leaves piece by piece. */
export type Pieces = AsyncIterable<Uint8Array | string>

/** What a body, a schema or a medium, is for the code of a route. */
export type BodyOf<B> = B extends Media<infer Given, unknown> ? Given : OutputOf<B>

/** What the code of a route answers with where `B` is declared. */
export type AnsweredOf<B> = B extends Media<unknown, infer Answered> ? Answered : OutputOf<B>

/** True for a body that is not JSON. */
export function isMedia(body: unknown): body is Media {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'media'
}

/**
 * Fields of a form (`application/x-www-form-urlencoded`), checked by the schema. Texts become numbers and booleans where
 * the schema asks for them.
 */
export function form<const S extends Schema>(schema: S): Media<OutputOf<S>, never> {
  return media('form', ['application/x-www-form-urlencoded'], { schema })
}

/** Fields and files (`multipart/form-data`): `multipart({ fields: z.object({ title: z.string() }), files: 3 })`. */
export function multipart<const S extends Schema | undefined = undefined>(
  options: UploadLimits & { readonly fields?: S } = {},
): Media<Upload<OutputOf<S>>, never> {
  const { fields: schema, ...limits } = options
  return media('multipart', ['multipart/form-data'], { schema, limits })
}

/** Bytes as a whole, in one of these content types: `raw('image/png', 'image/webp')`. */
export function raw(...types: readonly [string, ...string[]]): Media<Uint8Array, Uint8Array | string> {
  return media('raw', types)
}

/** Text as a whole, in UTF-8: `text('text/csv')`. */
export function text(...types: readonly [string, ...string[]]): Media<string> {
  return media('text', types)
}

/** Bytes piece by piece, in and out; memory holds one piece at a time. */
export function stream(...types: readonly [string, ...string[]]): Media<Readable, Pieces> {
  return media('stream', types)
}

/** Server-sent events (`text/event-stream`), each checked by the schema: a route answers with an async generator. */
export function events<const S extends Schema>(schema: S): Media<never, AsyncIterable<ServerSentEvent<InputOf<S>>>> {
  return media('events', ['text/event-stream'], { schema })
}

function media<Given, Answered>(
  form: MediaForm,
  types: readonly string[],
  more: Partial<Pick<Media, 'schema' | 'limits'>> = {},
): Media<Given, Answered> {
  return Object.freeze({
    kind: 'media',
    form,
    types: Object.freeze([...types]),
    schema: undefined,
    limits: {},
    ...more,
  })
}
