// Objects in an S3 bucket, Amazon's or another server's. The client is loaded with the first call.
import { createHash } from 'node:crypto'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import type { ByteRange, DriverPut, OpenedObject, StorageDriver, StoredObject } from '../contract/contract.ts'
import { storageError } from '../contract/errors.ts'
import { isMissingObject, translateS3Fault } from './s3-fault.ts'
import type { S3Target } from './s3-target.ts'
import { encodePart, signLink } from './sign-link.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

interface Connection {
  readonly sdk: Sdk
  readonly client: S3Client
}

const mostParts = 10_000

/** Opens the driver; nothing is loaded or connected yet. */
export function s3Driver(target: S3Target, now: () => number = Date.now): StorageDriver {
  const { bucket, prefix } = target
  let connection: Promise<Connection> | undefined
  const connect = (): Promise<Connection> => {
    connection ??= openConnection(target)
    return connection
  }
  const call = async <T>(operation: string, key: string, work: (to: Connection) => Promise<T>): Promise<T> => {
    try {
      return await work(await connect())
    } catch (error) {
      throw translateS3Fault(operation, key, error)
    }
  }
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key })
  return {
    guarantees: {
      atomicIfAbsent: target.conditionalWrites,
      signedLinks: true,
      shared: true,
      checksum: 'declared',
      largestObject: target.partBytes * mostParts,
    },
    put: (key, body, options) => call('put', key, (to) => store({ to, at: at(key), key, target }, body, options)),
    get: (key, range, signal) =>
      call('get', key, async ({ sdk, client }) => {
        const request = { ...at(key), ...(range === undefined ? {} : { Range: headerOf(range) }) }
        const answer = await client.send(new sdk.GetObjectCommand(request), { abortSignal: signal }).catch(absent)
        if (answer?.Body === undefined) return undefined
        // Node's client answers with a stream of Node; the type also allows what browsers have.
        const body = answer.Body as unknown as AsyncIterable<Uint8Array>
        const size = Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? answer.ContentLength ?? 0)
        return { object: describe(key, size, answer), body: received(key, body) } satisfies OpenedObject
      }),
    head: (key, signal) =>
      call('head', key, async ({ sdk, client }) => {
        const answer = await client.send(new sdk.HeadObjectCommand(at(key)), { abortSignal: signal }).catch(absent)
        return answer === undefined ? undefined : describe(key, answer.ContentLength ?? 0, answer)
      }),
    list: (request, signal) =>
      call('list', request.prefix, async ({ sdk, client }) => {
        const command = new sdk.ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix + request.prefix,
          MaxKeys: request.limit,
          ...(request.after === undefined ? {} : { StartAfter: prefix + request.after }),
        })
        const answer = await client.send(command, { abortSignal: signal })
        const objects = (answer.Contents ?? []).map((entry) => ({
          key: (entry.Key ?? '').slice(prefix.length),
          size: entry.Size ?? 0,
          modifiedAt: entry.LastModified ?? new Date(0),
        }))
        return { objects, next: answer.IsTruncated === true ? objects.at(-1)?.key : undefined }
      }),
    delete: (key, signal) =>
      call('delete', key, async ({ sdk, client }) => {
        await client.send(new sdk.DeleteObjectCommand(at(key)), { abortSignal: signal }).catch(absent)
      }),
    signedLink: (key, { method, expiresInSeconds }) =>
      call('signedLink', key, async ({ client }) => {
        const credentials = await client.config.credentials()
        const { region } = target
        const address = addressOf(target, prefix + key)
        return signLink({ method, address, region, ...credentials, expiresInSeconds, now: new Date(now()) })
      }),
    close: async () => {
      const open = connection
      connection = undefined
      if (open !== undefined) (await open.catch(() => undefined))?.client.destroy()
    },
  }
}

async function openConnection({ region, endpoint, credentials }: S3Target): Promise<Connection> {
  const sdk = await import('@aws-sdk/client-s3').catch((error: unknown) => {
    throw storageError('storage-driver-missing', {}, error)
  })
  const client = new sdk.S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 3,
    // The default checksum in a trailer is stored as content by older servers. Content-MD5 below does the same work.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return { sdk, client }
}

interface Destination {
  readonly to: Connection
  readonly at: { readonly Bucket: string; readonly Key: string }
  readonly key: string
  readonly target: S3Target
}

// Up to one part goes in one request, which is retried from memory; more goes in parts, of which one is in memory.
async function store(
  destination: Destination,
  body: AsyncIterable<Uint8Array>,
  options: DriverPut,
): Promise<StoredObject> {
  const parts = partsOf(body, destination.target.partBytes)
  const first = await parts.next()
  const head = first.done === true ? new Uint8Array() : first.value
  const second = await parts.next()
  const { contentType, sha256 } = options
  const written =
    second.done === true
      ? await storeWhole(destination, head, options)
      : await storeParts(destination, rejoined(head, second.value, parts), options)
  // The date is the server's; asking for it would cost a request for each put.
  return {
    key: destination.key,
    contentType,
    sha256,
    modifiedAt: written.modifiedAt,
    size: written.size,
    etag: written.etag,
  }
}

async function storeWhole({ to: { sdk, client }, at }: Destination, content: Uint8Array, options: DriverPut) {
  const command = new sdk.PutObjectCommand({
    ...at,
    ...headersOf(options),
    ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
    Body: content,
    ContentLength: content.length,
    ContentMD5: md5(content),
  })
  const answer = await client.send(command, { abortSignal: options.signal })
  return { size: content.length, etag: answer.ETag ?? '', modifiedAt: new Date() }
}

async function storeParts(
  { to: { sdk, client }, at, key, target }: Destination,
  parts: AsyncIterable<Uint8Array>,
  options: DriverPut,
) {
  const { signal } = options
  const begun = await client.send(new sdk.CreateMultipartUploadCommand({ ...at, ...headersOf(options) }), {
    abortSignal: signal,
  })
  const upload = { ...at, UploadId: begun.UploadId }
  try {
    const done: CompletedPart[] = []
    let size = 0
    for await (const part of parts) {
      const PartNumber = done.length + 1
      if (PartNumber > mostParts) throw storageError('storage-too-large', { key, limit: target.partBytes * mostParts })
      const command = new sdk.UploadPartCommand({
        ...upload,
        PartNumber,
        Body: part,
        ContentLength: part.length,
        ContentMD5: md5(part),
      })
      const { ETag } = await client.send(command, { abortSignal: signal })
      done.push({ PartNumber, ...(ETag === undefined ? {} : { ETag }) })
      size += part.length
    }
    const complete = new sdk.CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: done },
      ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
    })
    const answer = await client.send(complete, { abortSignal: signal })
    return { size, etag: answer.ETag ?? '', modifiedAt: new Date() }
  } catch (error) {
    // Parts that stay behind are not listed, and are paid for. The caller's signal may be aborted already.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}

function headersOf({ contentType, sha256 }: DriverPut) {
  return { ContentType: contentType, ...(sha256 === undefined ? {} : { Metadata: { sha256 } }) }
}

async function* partsOf(body: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Uint8Array, void> {
  let pieces: Uint8Array[] = []
  let held = 0
  for await (let piece of body) {
    while (held + piece.length > partBytes) {
      const room = partBytes - held
      yield Buffer.concat([...pieces, piece.subarray(0, room)])
      piece = piece.subarray(room)
      pieces = []
      held = 0
    }
    pieces.push(piece)
    held += piece.length
  }
  if (held > 0) yield Buffer.concat(pieces)
}

async function* rejoined(first: Uint8Array, second: Uint8Array, rest: AsyncIterable<Uint8Array>) {
  yield first
  yield second
  yield* rest
}

async function* received(key: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw translateS3Fault('get', key, error)
  }
}

interface Described {
  readonly ContentType?: string | undefined
  readonly ETag?: string | undefined
  readonly LastModified?: Date | undefined
  readonly Metadata?: Record<string, string> | undefined
}

function describe(key: string, size: number, answer: Described): StoredObject {
  const sha256 = answer.Metadata?.sha256
  return {
    key,
    size,
    contentType: answer.ContentType ?? 'application/octet-stream',
    etag: answer.ETag ?? '',
    modifiedAt: answer.LastModified ?? new Date(0),
    sha256: sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined,
  }
}

function addressOf({ endpoint, bucket, region }: S3Target, key: string): URL {
  const path = key.split('/').map(encodePart).join('/')
  return endpoint === undefined
    ? new URL(`https://${bucket}.s3.${region}.amazonaws.com/${path}`)
    : new URL(`${new URL(endpoint).origin}/${bucket}/${path}`)
}

function headerOf({ offset, length }: ByteRange): string {
  return `bytes=${offset}-${length === undefined ? '' : offset + length - 1}`
}

function md5(content: Uint8Array): string {
  return createHash('md5').update(content).digest('base64')
}

function absent(error: unknown): undefined {
  if (isMissingObject(error)) return undefined
  throw error
}
