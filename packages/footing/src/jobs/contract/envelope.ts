// What travels with a payload: its version, and the ids of the request that asked. Written once and read once, out of a
// store that other versions of the application write to as well.

/** A job on its way. */
export interface Envelope {
  readonly payload: unknown
  readonly version: number
  readonly key: string | undefined
  readonly requestId: string
  readonly traceId: string
}

/** An envelope as it is stored; the names are short because each job has them. */
export interface JobBody {
  readonly p: unknown
  readonly v: number
  readonly k?: string
  readonly r: string
  readonly t: string
}

/** Makes the stored form. */
export function sealEnvelope({ payload, version, key, requestId, traceId }: Envelope): JobBody {
  return { p: payload ?? null, v: version, ...(key === undefined ? {} : { k: key }), r: requestId, t: traceId }
}

/** Reads it; undefined when it was not written by this library. */
export function readEnvelope(found: unknown): Envelope | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  const { p: payload, v: version, k: key, r: requestId, t: traceId } = found as Readonly<Record<string, unknown>>
  if (!Number.isSafeInteger(version) || typeof requestId !== 'string' || typeof traceId !== 'string') return undefined
  return { payload, version: Number(version), key: typeof key === 'string' ? key : undefined, requestId, traceId }
}
