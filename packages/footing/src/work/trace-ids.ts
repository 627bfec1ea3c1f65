// Random ids in the form of W3C Trace Context, from a pool: one system call makes hundreds.
import { randomFillSync } from 'node:crypto'

const poolSize = 4096
let pool: string | undefined
let used = 0

/** `bytes` random bytes as hexadecimal digits. (The standard forbids all zeros; 8 random bytes are that never.) */
export function randomHex(bytes: number): string {
  const digits = bytes * 2
  if (pool === undefined || used + digits > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafe(poolSize)).toString('hex')
    used = 0
  }
  const id = pool.slice(used, used + digits)
  used += digits
  return id
}

/** What a `traceparent` header says. */
export interface TraceParent {
  readonly traceId: string
  readonly parentId: string
  readonly sampled: boolean
}

/** Reads a W3C `traceparent`; undefined when it is malformed, which the standard treats as absent. */
export function parseTraceParent(header: string | undefined): TraceParent | undefined {
  if (header === undefined || header.length < 55 || header.length > 200) return undefined
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header)
  if (!match) return undefined
  const [, version = '', traceId = '', parentId = '', flags = '', rest] = match
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** Writes a W3C `traceparent` of version 00. */
export function formatTraceParent(
  trace: { readonly traceId: string; readonly spanId: string },
  sampled = true,
): string {
  return `00-${trace.traceId}-${trace.spanId}-${sampled ? '01' : '00'}`
}
