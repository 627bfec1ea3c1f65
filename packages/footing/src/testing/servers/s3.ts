// An S3 server for tests on a loopback port: fauxqs, which checks no signature, behind a gate that does.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { testingError } from './errors.ts'

/** A running server with an empty bucket. */
export interface S3Server {
  /** `s3://key:secret@bucket?endpoint=…`, as STORAGE_URL has it. */
  readonly url: string
  stop(): Promise<void>
}

const bucket = 'footing-test'
const region = 'test-region-1'

/**
 * Starts it. The gate checks signatures of headers and links, their time, the hash of the content and Content-MD5,
 * decides If-None-Match and puts listings into the order of bytes, none of which fauxqs does.
 * @throws `test-server-failed` when fauxqs is not installed
 */
export async function startS3(): Promise<S3Server> {
  const { buildApp } = await import('fauxqs').catch((error: unknown) => {
    const reason = 'it is not installed; run npm install --save-dev fauxqs@2'
    throw testingError('test-server-failed', { server: 's3', waitedMs: 0, reason }, error)
  })
  const app = buildApp({ logger: false })
  await app.ready()
  const key = { id: `AK${randomBytes(8).toString('hex')}`, secret: `${randomBytes(15).toString('base64')}/+=` }
  let last: Promise<unknown> = Promise.resolve()

  const http = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await contentOf(request)
      const fault = faultOf(request, body, key)
      if (fault !== undefined)
        return void response.writeHead(fault.status, { 'content-type': 'application/xml' }).end(xml(fault))
      const forward = { method: methodOf(request), url: request.url ?? '/', headers: request.headers, payload: body }
      if (request.headers['if-none-match'] === '*') {
        const path = forward.url.split('?')[0] ?? '/'
        const there = await app.inject({ method: 'HEAD', url: path, headers: { host: request.headers.host } })
        if (there.statusCode === 200) return void response.writeHead(412).end(xml(faults.precondition))
      }
      if (request.method === 'GET' && forward.url.includes('list-type=2')) {
        const { all, cut } = listing(forward.url)
        const made = await app.inject({ ...forward, url: all })
        return void response.writeHead(made.statusCode, { 'content-type': 'application/xml' }).end(cut(made.payload))
      }
      const made = await app.inject(forward)
      const { connection: _connection, 'transfer-encoding': _encoding, ...headers } = made.headers
      response.writeHead(made.statusCode, headers).end(request.method === 'HEAD' ? undefined : made.rawPayload)
    }
    // One after the other: only then is a look before a write as good as a condition.
    last = last.then(answer).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => http.listen({ port: 0, host: '127.0.0.1' }, resolve))
  http.unref()
  const address = http.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  await app.inject({ method: 'PUT', url: `/${bucket}`, headers: { host: new URL(origin).host } })
  const credentials = `${key.id}:${encodeURIComponent(key.secret)}`
  return {
    url: `s3://${credentials}@${bucket}?endpoint=${encodeURIComponent(origin)}&region=${region}`,
    async stop() {
      http.close()
      http.closeAllConnections()
      await app.close()
    },
  }
}

interface Fault {
  readonly status: number
  readonly code: string
}

const faults = {
  denied: { status: 403, code: 'AccessDenied' },
  expired: { status: 403, code: 'AccessDenied' },
  unknownKey: { status: 403, code: 'InvalidAccessKeyId' },
  signature: { status: 403, code: 'SignatureDoesNotMatch' },
  content: { status: 400, code: 'XAmzContentSHA256Mismatch' },
  digest: { status: 400, code: 'BadDigest' },
  precondition: { status: 412, code: 'PreconditionFailed' },
} as const

function xml({ code }: Fault): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>refused by the gate</Message></Error>`
}

interface Claim {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly time: string
  readonly payload: string
  readonly expiresAt: number
}

// The request for everything below the prefix, and what makes the page of it that was asked for. Up to 1000 objects.
function listing(path: string): { all: string; cut: (answer: string) => string } {
  const url = new URL(path, 'http://gate')
  const after = url.searchParams.get('start-after') ?? ''
  const limit = Number(url.searchParams.get('max-keys') ?? 1000)
  url.searchParams.delete('start-after')
  url.searchParams.set('max-keys', '1000')
  const cut = (answer: string): string => {
    const entries = [...answer.matchAll(/<Contents>.*?<Key>(.*?)<\/Key>.*?<\/Contents>/gs)]
      .map(([text, key = '']) => ({ text, key: key.replaceAll('&amp;', '&') }))
      .filter(({ key }) => key > after)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    const page = entries.slice(0, limit).map(({ text }) => text)
    const truncated = `<IsTruncated>${entries.length > limit}</IsTruncated>`
    return `<?xml version="1.0"?><ListBucketResult>${truncated}${page.join('')}</ListBucketResult>`
  }
  return { all: url.pathname + url.search, cut }
}

// AWS Signature Version 4, from its public description: what was signed is put together again and signed once more.
function faultOf(request: IncomingMessage, body: Buffer, key: { id: string; secret: string }): Fault | undefined {
  const url = new URL(request.url ?? '/', 'http://gate')
  const claim = claimOf(request, url.searchParams)
  if (claim === undefined) return faults.denied
  const [id, day = '', place = ''] = claim.credential.split('/')
  if (id !== key.id) return faults.unknownKey
  if (Date.now() > claim.expiresAt) return faults.expired
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
  const headers = claim.signedHeaders
    .split(';')
    .map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`)
  const canonical = [request.method, url.pathname, query, headers.join(''), claim.signedHeaders, claim.payload].join(
    '\n',
  )
  const scope = `${day}/${place}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', claim.time, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  )
  const signing = [day, place, 's3', 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${key.secret}`)
  const expected = hmac(signing, toSign)
  const given = Buffer.from(claim.signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return faults.signature
  if (/^[0-9a-f]{64}$/.test(claim.payload) && claim.payload !== createHash('sha256').update(body).digest('hex')) {
    return faults.content
  }
  const md5 = request.headers['content-md5']
  return md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64') ? faults.digest : undefined
}

function claimOf(request: IncomingMessage, query: URLSearchParams): Claim | undefined {
  const header = /Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)/.exec(
    request.headers.authorization ?? '',
  )
  if (header !== null) {
    const [, credential = '', signedHeaders = '', signature = ''] = header
    const time = String(request.headers['x-amz-date'] ?? '')
    const payload = String(request.headers['x-amz-content-sha256'] ?? '')
    return { credential, signedHeaders, signature, time, payload, expiresAt: timeOf(time) + 900_000 }
  }
  const [credential, signedHeaders, signature, time] = ['Credential', 'SignedHeaders', 'Signature', 'Date'].map(
    (name) => query.get(`X-Amz-${name}`),
  )
  if (!credential || !signedHeaders || !signature || !time) return undefined
  const expiresAt = timeOf(time) + Number(query.get('X-Amz-Expires')) * 1000
  return { credential, signedHeaders, signature, time, payload: 'UNSIGNED-PAYLOAD', expiresAt }
}

function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function methodOf({ method }: IncomingMessage): 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD' {
  return method === 'PUT' || method === 'POST' || method === 'DELETE' || method === 'HEAD' ? method : 'GET'
}

async function contentOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}
