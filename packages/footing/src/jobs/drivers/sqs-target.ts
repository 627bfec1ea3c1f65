// Reads JOBS_URL=sqs://…: where the queues are, and in front of which names.
import { jobError } from '../contract/errors.ts'

/** A place in SQS. */
export interface SqsTarget {
  readonly region: string
  /** Undefined for that of the region. */
  readonly endpoint: string | undefined
  /** Undefined takes those of the machine, as all programs of AWS do. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** In front of the names of all queues. */
  readonly prefix: string
}

/**
 * Reads `sqs://key:secret@host:9324/prefix?region=eu-central-1`; without a host it is that of the region, and without a key
 * the credentials are those of the machine. `tls=no` speaks HTTP, to a server on the same machine.
 * @throws `jobs-url-invalid`, which never repeats the secret
 */
export function readSqsTarget(text: string, env: Readonly<Record<string, string | undefined>>): SqsTarget {
  const invalid = (reason: string) => jobError('jobs-url-invalid', { reason })
  if (!URL.canParse(text)) throw invalid('it is not a URL.')
  const url = new URL(text)
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'region' && name !== 'tls')
  if (unknown !== undefined) throw invalid(`it has ${unknown.slice(0, 20)}, and knows region and tls.`)
  const region = url.searchParams.get('region') ?? env.AWS_REGION
  if (!region) throw invalid('it has no region: …?region=eu-central-1, or AWS_REGION.')
  const prefix = url.pathname.slice(1)
  if (!/^[A-Za-z0-9_-]{0,20}$/.test(prefix)) throw invalid('a prefix has up to 20 letters, digits, - and _.')
  if ((url.username === '') !== (url.password === ''))
    throw invalid('it has a key without a secret, or the other way round.')
  const scheme = url.searchParams.get('tls') === 'no' ? 'http' : 'https'
  return {
    region,
    endpoint: url.host === '' ? undefined : `${scheme}://${url.host}`,
    credentials:
      url.username === ''
        ? undefined
        : { accessKeyId: decodeURIComponent(url.username), secretAccessKey: decodeURIComponent(url.password) },
    prefix: prefix === '' ? '' : `${prefix}-`,
  }
}
