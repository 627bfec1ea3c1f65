// A multipart body: fields first, then files one after the other, as they arrive and never all in memory.
import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { isFootingError } from '@footing/kernel'
import type { Upload, UploadedFile, UploadLimits } from '../module/media.ts'
import { bytes } from '../module/size.ts'
import { httpErrors } from './errors.ts'

const fieldLimits = { fieldNameSize: 200, fieldSize: 64 * 1024, fields: 50, headerPairs: 20, headerSize: 8 * 1024 }
const longestName = 255

/** A body that has begun to arrive. */
export class MultipartBody {
  readonly #payload: Readable
  readonly #parser: BusboyInstance
  readonly #limits: UploadLimits
  readonly #limit: number
  readonly #fields = new Map<string, string | string[]>()
  readonly #files: UploadedFile[] = []
  #fault: Error | undefined
  #ended = false
  #filesBegan = false
  #wake: () => void = () => undefined

  constructor(payload: Readable, headers: IncomingHttpHeaders, limits: UploadLimits, limit: number) {
    this.#payload = payload
    this.#limits = limits
    this.#limit = limit
    this.#parser = parserFor(headers, limits)
  }

  /**
   * Reads up to the first file and hands the fields to `check`.
   * @throws `malformed-request`, `body-too-large`, `media-type-unsupported`; the files may throw them later
   */
  async open<Fields>(check: (fields: object) => Fields | Promise<Fields>): Promise<Upload<Fields>> {
    this.#listen()
    await this.#until(() => this.#filesBegan || this.#ended)
    return { fields: await check(Object.fromEntries(this.#fields)), files: this.#arriving() }
  }

  async *#arriving(): AsyncGenerator<UploadedFile> {
    try {
      for (;;) {
        await this.#until(() => this.#files.length > 0 || this.#ended)
        const file = this.#files.shift()
        if (file === undefined) return
        yield { ...file, stream: Readable.from(wholeFile(file.stream), { objectMode: false }) }
        // What the route has not read is passed over, or the next file could never arrive.
        if (!file.stream.readableEnded && !file.stream.destroyed) {
          file.stream.resume()
          await finished(file.stream).catch(() => undefined)
        }
      }
    } finally {
      if (!this.#ended) this.#payload.unpipe(this.#parser)
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.#fault !== undefined) throw this.#fault
      if (condition()) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #listen(): void {
    let seen = 0
    const parser = this.#parser
    parser.on('field', (name, value, nameCut, valueCut) => {
      if (nameCut || valueCut) return this.#fail(httpErrors('body-too-large'))
      if (this.#filesBegan) return this.#fail(malformed('a field comes after a file; send the files last'))
      const text = strictText(value)
      const key = strictText(name)
      if (text === undefined || key === undefined) return this.#fail(malformed('a field is not UTF-8'))
      const before = this.#fields.get(key)
      this.#fields.set(key, before === undefined ? text : [...(Array.isArray(before) ? before : [before]), text])
    })
    parser.on('file', (field, stream, name, _encoding, type) => {
      this.#filesBegan = true
      const { types } = this.#limits
      stream.on('error', () => undefined) // reaches whoever reads it; without a reader it must not end the process
      stream.on('limit', () => this.#fail(httpErrors('body-too-large'), stream))
      if (types !== undefined && !types.includes(type)) {
        this.#fail(httpErrors('media-type-unsupported', { details: { types: types.join(', ') } }), stream)
        return
      }
      this.#files.push({ field, name: fileName(name), type, stream })
      this.#wake()
    })
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
      parser.on(limit, () => this.#fail(httpErrors('body-too-large')))
    }
    parser.on('error', () => this.#fail(malformed('the multipart body is broken')))
    parser.on('finish', () => {
      this.#ended = true
      this.#wake()
    })
    this.#payload.on('data', (chunk: Buffer) => {
      seen += chunk.length
      if (seen > this.#limit) this.#fail(httpErrors('body-too-large'))
    })
    this.#payload.on('close', () => {
      if (!this.#ended && !this.#payload.readableEnded) this.#fail(malformed('the body ends early'))
    })
    this.#payload.pipe(parser)
  }

  #fail(error: Error, ...streams: Readable[]): void {
    this.#fault ??= error
    this.#payload.unpipe(this.#parser)
    for (const stream of [...streams, ...this.#files.map((file) => file.stream)]) stream.destroy(this.#fault)
    this.#wake()
  }
}

/** The bytes of a file; one that breaks off is the client's fault. */
async function* wholeFile(stream: Readable): AsyncGenerator<Buffer> {
  try {
    // Left early, it is passed over by whoever waits for the next file.
    for await (const piece of stream.iterator({ destroyOnReturn: false })) yield piece as Buffer // a byte stream
  } catch (error) {
    throw isFootingError(error) ? error : malformed('a file ends early')
  }
}

function parserFor(headers: IncomingHttpHeaders, { files = 1, fileSize = '10mb' }: UploadLimits): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
      // Bytes as they are: what is not UTF-8 is refused below instead of being replaced.
      defCharset: 'latin1',
      limits: { ...fieldLimits, files, fileSize: bytes(fileSize) },
    })
  } catch {
    throw malformed('its content type names no boundary')
  }
}

/** Bytes that were read one by one, as UTF-8; undefined when they are none. A text that was decoded already stays. */
function strictText(text: string): string | undefined {
  if (/[^\0-\u00FF]/.test(text)) return text.includes('\uFFFD') ? undefined : text
  const read = Buffer.from(text, 'latin1')
  return isUtf8(read) ? read.toString('utf8') : undefined
}

function fileName(name: string | undefined): string {
  return (strictText(name ?? '') ?? name ?? '').slice(0, longestName)
}

function malformed(reason: string): Error {
  return httpErrors('malformed-request', { details: { reason } })
}
