// The facade: key rules, limits, checksums, deadlines and use after close, the same for every store.
import { createHash } from 'node:crypto'
import { type Clock, systemClock } from '@footing/kernel'
import { expectBytes, joined, piecesOf } from './byte-stream.ts'
import { CallWatch } from './call-watch.ts'
import type {
  ByteRange,
  LinkRequest,
  ListRequest,
  ObjectPage,
  ObjectStorage,
  OpenedObject,
  PutOptions,
  StorageBody,
  StorageCall,
  StorageDriver,
  StoredObject,
} from './contract/contract.ts'
import { storageError } from './contract/errors.ts'
import { verifyKey, verifyPrefix } from './storage-key.ts'

/** What the facade adds to a driver. */
export interface StorageLimits {
  /** Largest object in bytes. Default 5 GiB. */
  readonly maxBytes?: number
  /** Longest time in milliseconds in which no byte moves. Default 60 000. */
  readonly stallMs?: number
  readonly clock?: Clock
}

const mebibyte = 1024 * 1024

/** Puts the facade in front of a driver. Applications call `openStorage`; tests of a driver call this. */
export function storageOn(driver: StorageDriver, limits: StorageLimits = {}): ObjectStorage {
  return new DrivenStorage(driver, limits)
}

class DrivenStorage implements ObjectStorage {
  readonly #driver: StorageDriver
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #stallMs: number
  readonly #running = new Set<CallWatch>()
  #closing: Promise<void> | undefined

  constructor(driver: StorageDriver, { maxBytes = 5 * 1024 * mebibyte, stallMs = 60_000, clock }: StorageLimits) {
    this.#driver = driver
    this.#clock = clock ?? systemClock
    this.#maxBytes = Math.min(positive('maxBytes', maxBytes), driver.guarantees.largestObject)
    this.#stallMs = positive('stallMs', stallMs)
  }

  get guarantees(): StorageDriver['guarantees'] {
    return this.#driver.guarantees
  }

  async put(key: string, body: StorageBody, options: PutOptions = {}): Promise<StoredObject> {
    verifyKey(key)
    const { ifAbsent = false, contentType = 'application/octet-stream' } = options
    verifyContentType(contentType)
    if (ifAbsent && !this.guarantees.atomicIfAbsent) {
      throw storageError('storage-unsupported', {
        ability: 'ifAbsent',
        reason: 'of two callers at once both would win',
        instead: 'Use a key that nobody else can choose, such as a random id, or a store with conditional writes.',
      })
    }
    const limit = Math.min(this.#maxBytes, positive('maxBytes', options.maxBytes ?? this.#maxBytes))
    const content = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const known = content instanceof Uint8Array ? createHash('sha256').update(content).digest('hex') : undefined
    const sha256 = verifyHash(options.sha256) ?? known
    return this.#call('put', key, options, async ({ signal, progress }) => {
      const pieces = expectBytes(piecesOf(key, content), { key, limit, sha256, signal, progress })
      const source = rememberFailure(pieces)
      try {
        return await this.#driver.put(key, source.pieces, { contentType, ifAbsent, sha256, signal })
      } catch (error) {
        // What the body threw is the caller's own error, whatever the driver made of it.
        throw source.failed ? source.failure : error
      }
    })
  }

  async get(
    key: string,
    { range, ...options }: StorageCall & { readonly range?: ByteRange } = {},
  ): Promise<OpenedObject> {
    return (await this.#open(key, range, options)).opened
  }

  async read(
    key: string,
    { maxBytes = 64 * mebibyte, ...options }: StorageCall & { readonly maxBytes?: number } = {},
  ): Promise<Uint8Array> {
    positive('maxBytes', maxBytes)
    const { opened, watch } = await this.#open(key, undefined, options)
    if (opened.object.size > maxBytes) {
      const error = storageError('storage-too-large', { key, limit: maxBytes })
      watch.abort(error)
      throw error
    }
    return joined(opened.body)
  }

  async head(key: string, options: StorageCall = {}): Promise<StoredObject | undefined> {
    verifyKey(key)
    return this.#call('head', key, options, ({ signal }) => this.#driver.head(key, signal))
  }

  async list({ prefix = '', after, limit = 1000, ...options }: ListRequest = {}): Promise<ObjectPage> {
    verifyPrefix(prefix)
    if (after !== undefined) verifyKey(after)
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw storageError('storage-request-invalid', { reason: `limit is ${limit}; 1 to 1000 are allowed.` })
    }
    return this.#call('list', prefix, options, ({ signal }) => this.#driver.list({ prefix, after, limit }, signal))
  }

  async delete(key: string, options: StorageCall = {}): Promise<void> {
    verifyKey(key)
    await this.#call('delete', key, options, ({ signal }) => this.#driver.delete(key, signal))
  }

  async signedLink(key: string, { method = 'GET', expiresInSeconds = 900 }: LinkRequest = {}): Promise<string> {
    verifyKey(key)
    if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > 604_800) {
      throw storageError('storage-request-invalid', { reason: `expiresInSeconds is ${expiresInSeconds}; 1 to 604800.` })
    }
    const sign = this.#driver.signedLink?.bind(this.#driver)
    if (sign === undefined || !this.guarantees.signedLinks) {
      throw storageError('storage-unsupported', {
        ability: 'signed links',
        reason: 'a local folder has no server that could answer them',
        instead: 'Serve the object through a route of your own, which checks who asks.',
      })
    }
    return this.#call('signedLink', key, {}, () => sign(key, { method, expiresInSeconds }))
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const watch of this.#running) watch.abort(storageError('storage-closed'))
      await this.#driver.close()
    })()
    return this.#closing
  }

  async #open(key: string, range: ByteRange | undefined, options: StorageCall) {
    verifyKey(key)
    if (range !== undefined) verifyRange(key, range)
    const watch = this.#watch('get', key, options)
    // A body that nobody reads ends here as well, when its time is over.
    watch.signal.addEventListener('abort', () => this.#end(watch), { once: true })
    try {
      const opened = await this.#guard(watch, () => this.#driver.get(key, range, watch.signal))
      if (opened === undefined) throw storageError('storage-object-missing', { key })
      return { opened: { object: opened.object, body: this.#delivered(watch, opened, range) }, watch }
    } catch (error) {
      this.#end(watch)
      throw error
    }
  }

  async #call<T>(
    operation: string,
    key: string,
    options: StorageCall,
    work: (watch: CallWatch) => Promise<T>,
  ): Promise<T> {
    const watch = this.#watch(operation, key, options)
    try {
      return await this.#guard(watch, () => work(watch))
    } finally {
      this.#end(watch)
    }
  }

  #watch(operation: string, key: string, options: StorageCall): CallWatch {
    if (this.#closing !== undefined) throw storageError('storage-closed')
    const watch = new CallWatch({ ...options, clock: this.#clock, stallMs: this.#stallMs, operation, key })
    this.#running.add(watch)
    return watch
  }

  #end(watch: CallWatch): void {
    watch.end()
    this.#running.delete(watch)
  }

  // A call that was given up fails with the reason for that, whatever the driver made of it.
  async #guard<T>(watch: CallWatch, work: () => Promise<T>): Promise<T> {
    try {
      watch.signal.throwIfAborted()
      return await work()
    } catch (error) {
      throw watch.signal.aborted ? watch.signal.reason : error
    }
  }

  async *#delivered(watch: CallWatch, { object, body }: OpenedObject, range: ByteRange | undefined) {
    const whole = range === undefined
    const expectation = {
      key: object.key,
      limit: Number.POSITIVE_INFINITY,
      size: whole ? object.size : undefined,
      sha256: whole ? object.sha256 : undefined,
      signal: watch.signal,
      progress: watch.progress,
    }
    try {
      yield* expectBytes(body, expectation)
    } catch (error) {
      throw watch.signal.aborted ? watch.signal.reason : error
    } finally {
      this.#end(watch)
    }
  }
}

function rememberFailure(pieces: AsyncIterable<Uint8Array>) {
  const source = { failed: false, failure: undefined as unknown, pieces: passOn() }
  async function* passOn(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* pieces
    } catch (error) {
      source.failed = true
      source.failure = error
      throw error
    }
  }
  return source
}

function positive(option: string, value: number): number {
  if (!(value > 0)) throw storageError('storage-request-invalid', { reason: `${option} is ${value}.` })
  return value
}

function verifyContentType(contentType: string): void {
  // A line break would end the header and begin another one.
  if (!/^[\x21-\x7e][\x20-\x7e]{0,199}$/.test(contentType)) {
    throw storageError('storage-request-invalid', {
      reason: 'contentType is not printable ASCII of 1 to 200 characters.',
    })
  }
}

function verifyHash(sha256: string | undefined): string | undefined {
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw storageError('storage-request-invalid', { reason: 'sha256 is not 64 lower-case hexadecimal digits.' })
  }
  return sha256
}

function verifyRange(key: string, { offset, length }: ByteRange): void {
  const fine = Number.isSafeInteger(offset) && offset >= 0
  if (!fine || (length !== undefined && !(Number.isSafeInteger(length) && length > 0))) {
    throw storageError('storage-range-invalid', { key, reason: `offset ${offset}, length ${length ?? 'to the end'}.` })
  }
}
