// What the S3 client throws, as coded errors. Its own errors carry requests and responses: only name and message go on.
import { type FootingError, isFootingError } from '@footing/kernel'
import { type StorageErrorCode, storageError } from '../contract/errors.ts'

const byName: Readonly<Record<string, StorageErrorCode>> = {
  AccessDenied: 'storage-access-refused',
  InvalidAccessKeyId: 'storage-access-refused',
  SignatureDoesNotMatch: 'storage-access-refused',
  ExpiredToken: 'storage-access-refused',
  RequestTimeTooSkewed: 'storage-access-refused',
  CredentialsProviderError: 'storage-access-refused',
  BadDigest: 'storage-checksum-mismatch',
  PreconditionFailed: 'storage-object-exists',
  ConditionalRequestConflict: 'storage-object-exists',
  InvalidRange: 'storage-range-invalid',
  EntityTooLarge: 'storage-too-large',
  QuotaExceeded: 'storage-full',
  SlowDown: 'storage-unreachable',
  ServiceUnavailable: 'storage-unreachable',
  InternalError: 'storage-unreachable',
  RequestTimeout: 'storage-unreachable',
  TimeoutError: 'storage-unreachable',
}

const byStatus: Readonly<Record<number, StorageErrorCode>> = {
  401: 'storage-access-refused',
  403: 'storage-access-refused',
  412: 'storage-object-exists',
  416: 'storage-range-invalid',
  429: 'storage-unreachable',
  503: 'storage-unreachable',
}

/** True when the object is not there. A bucket that is not there is a fault of the set-up. */
export function isMissingObject(error: unknown): boolean {
  const name = textOf(error, 'name')
  return name === 'NoSuchKey' || name === 'NotFound' || (statusOf(error) === 404 && name !== 'NoSuchBucket')
}

/** The coded error for whatever the client threw. */
export function translateS3Fault(operation: string, key: string, error: unknown): FootingError {
  if (isFootingError(error)) return error
  const name = textOf(error, 'name') || 'Error'
  const status = statusOf(error)
  const system = textOf(error, 'code')
  const code =
    byName[name] ?? byStatus[status ?? 0] ?? (isNetwork(system, name) ? 'storage-unreachable' : 'storage-failed')
  const said = error instanceof Error ? error.message : ''
  const reason = `${system || name}${status === undefined ? '' : ` (HTTP ${status})`}: ${said.slice(0, 200)}`
  return storageError(code, { operation, key, reason, limit: 'the store allows' }, new Error(reason))
}

function isNetwork(system: string, name: string): boolean {
  return /^(?:E(?:CONN|HOST|NET|PIPE|AI_|PROTO)|ENOTFOUND|ETIMEDOUT|UND_)/.test(system) || /Timeout|Network/.test(name)
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}

function textOf(error: unknown, field: string): string {
  if (typeof error !== 'object' || error === null) return ''
  const value: unknown = Reflect.get(error, field)
  return typeof value === 'string' ? value : ''
}
