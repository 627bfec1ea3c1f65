// Where an S3 bucket is and how it is reached, read from the URL of the storage.
import { storageError } from '../contract/errors.ts'

/** A bucket and the way to it. */
export interface S3Target {
  readonly bucket: string
  /** Put in front of each key: empty, or with a `/` at its end. */
  readonly prefix: string
  readonly region: string
  /** Of a server that is not Amazon's; its buckets are then named in the path. */
  readonly endpoint: string | undefined
  /** Left out, the client looks for them itself: environment, profile, role of the machine. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** Bytes of one part of a large object. */
  readonly partBytes: number
  /** The server honours If-None-Match; false for some S3-like ones. */
  readonly conditionalWrites: boolean
}

const mebibyte = 1024 * 1024

/**
 * Reads `s3://key:secret@bucket/prefix?region=…&endpoint=…&partMiB=8&conditional=no`.
 * @throws `storage-url-invalid`, which never repeats the secret
 */
export function readS3Target(url: URL, env: Readonly<Record<string, string | undefined>>): S3Target {
  const fail = (reason: string) => storageError('storage-url-invalid', { reason })
  const allowed = new Set(['region', 'endpoint', 'partMiB', 'conditional'])
  const stranger = [...url.searchParams.keys()].find((name) => !allowed.has(name))
  if (stranger !== undefined) throw fail(`it has the unknown parameter ${stranger.slice(0, 40)}.`)
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(url.hostname)) throw fail('the bucket is not a valid name.')
  if (url.port !== '') throw fail('a port belongs to the parameter endpoint; in front of the path stands the bucket.')

  const endpoint = url.searchParams.get('endpoint') ?? undefined
  if (endpoint !== undefined && !isHttpOrigin(endpoint)) throw fail('endpoint is not http://host:port or https://host.')
  const region = url.searchParams.get('region') ?? env.AWS_REGION ?? (endpoint === undefined ? undefined : 'us-east-1')
  if (region === undefined || !/^[a-z0-9-]{1,40}$/.test(region)) throw fail('region is missing or not a name.')
  const partMiB = Number(url.searchParams.get('partMiB') ?? 8)
  if (!Number.isInteger(partMiB) || partMiB < 5 || partMiB > 512) throw fail('partMiB is not a number from 5 to 512.')
  if ((url.username === '') !== (url.password === '')) throw fail('it has a key without a secret, or the reverse.')

  const folder = decode(url.pathname, fail).replace(/^\/+|\/+$/g, '')
  return {
    bucket: url.hostname,
    prefix: folder === '' ? '' : `${folder}/`,
    region,
    endpoint,
    credentials:
      url.username === ''
        ? undefined
        : { accessKeyId: decode(url.username, fail), secretAccessKey: decode(url.password, fail) },
    partBytes: partMiB * mebibyte,
    conditionalWrites: url.searchParams.get('conditional') !== 'no',
  }
}

function decode(text: string, fail: (reason: string) => Error): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw fail('a % in it is not followed by two hexadecimal digits.')
  }
}

function isHttpOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, pathname, search } = new URL(text)
  const plain = username === '' && password === '' && search === '' && pathname === '/'
  return plain && (protocol === 'http:' || protocol === 'https:')
}
