// Bodies as streams of bytes: given up when nobody waits, counted, limited and compared with their checksum on the way.
import { createHash } from 'node:crypto'
import type { StorageBody } from './contract/contract.ts'
import { storageError } from './contract/errors.ts'

/** What a body has to be. */
export interface ByteExpectation {
  readonly key: string
  /** Most bytes. */
  readonly limit: number
  /** Exact number of bytes, when it is known. */
  readonly size?: number | undefined
  /** SHA-256 in hexadecimal, when it is known. */
  readonly sha256?: string | undefined
  readonly signal: AbortSignal
  /** Called for each piece. */
  readonly progress: () => void
}

/** Pieces of a body. Bytes come in pieces too, so that a large one can be given up in between. */
export async function* piecesOf(key: string, body: StorageBody): AsyncGenerator<Uint8Array, void> {
  if (typeof body === 'string') return yield* piecesOf(key, new TextEncoder().encode(body))
  if (body instanceof Uint8Array) {
    const piece = 1024 * 1024
    for (let start = 0; start < body.length; start += piece) yield body.subarray(start, start + piece)
    return
  }
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) {
    throw storageError('storage-body-invalid', { key, reason: `it is ${body === null ? 'null' : typeof body}.` })
  }
  for await (const chunk of body) {
    // A stream with an encoding, or of objects, is typed as this one as well.
    const piece: unknown = chunk
    if (piece instanceof Uint8Array) yield piece
    else throw storageError('storage-body-invalid', { key, reason: `it is a stream of ${typeof piece}.` })
  }
}

/**
 * Passes the pieces on and fails instead of ending when they are not what was expected.
 * @throws `storage-too-large`, `storage-checksum-mismatch`, the signal's reason
 */
export async function* expectBytes(
  pieces: AsyncIterable<Uint8Array>,
  { key, limit, size, sha256, signal, progress }: ByteExpectation,
): AsyncGenerator<Uint8Array, void> {
  const hash = sha256 === undefined ? undefined : createHash('sha256')
  let total = 0
  for await (const piece of untilAborted(pieces, signal)) {
    progress()
    total += piece.length
    if (total > limit) throw storageError('storage-too-large', { key, limit })
    hash?.update(piece)
    yield piece
  }
  if (size !== undefined && size !== total) {
    throw storageError('storage-checksum-mismatch', { key, reason: `${total} bytes came instead of ${size}.` })
  }
  const found = hash?.digest('hex')
  if (found !== undefined && found !== sha256) {
    throw storageError('storage-checksum-mismatch', { key, reason: `its SHA-256 is ${found}, expected was ${sha256}.` })
  }
}

/** The pieces until the signal aborts; then its reason is thrown, also while the source gives nothing. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  const iterator = source[Symbol.asyncIterator]()
  const stopped = Promise.withResolvers<never>()
  stopped.promise.catch(() => undefined)
  const onAbort = (): void => stopped.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  let ended = false
  try {
    while (true) {
      signal.throwIfAborted()
      const step = await Promise.race([iterator.next(), stopped.promise])
      if (step.done === true) {
        ended = true
        return
      }
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not awaited: a source that hangs would hold whoever gives it up.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}

/** All pieces as one. */
export async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return Buffer.concat(parts)
}
