// What travels with a payload: its version, its key, and the ids of the request that asked. Written once and read once, out of
// a store that other versions of the application write to as well.

/** A job on its way. */
export interface Envelope {
  readonly payload: unknown
  readonly version: number
  readonly key: string | undefined
  /** Undefined where no request asked for it. */
  readonly requestId: string | undefined
  readonly traceId: string | undefined
}

/** An envelope as it is stored: short names, and only what is not usual, because each job has it. */
export interface JobBody {
  readonly p: unknown
  readonly v?: number
  readonly k?: string
  readonly r?: string
  readonly t?: string
}

/** Makes the stored form. */
export function sealEnvelope({ payload, version, key, requestId, traceId }: Envelope): JobBody {
  return {
    p: payload ?? null,
    ...(version === 1 ? {} : { v: version }),
    ...(key === undefined ? {} : { k: key }),
    ...(requestId === undefined ? {} : { r: requestId }),
    ...(traceId === undefined ? {} : { t: traceId }),
  }
}

/** Reads it; undefined when it was not written by this library. */
export function readEnvelope(found: unknown): Envelope | undefined {
  if (typeof found !== 'object' || found === null || !('p' in found)) return undefined
  const { p: payload, v: version = 1, k: key, r: requestId, t: traceId } = found as Readonly<Record<string, unknown>>
  if (!Number.isSafeInteger(version)) return undefined
  return {
    payload,
    version: Number(version),
    key: textOf(key),
    requestId: textOf(requestId),
    traceId: textOf(traceId),
  }
}

function textOf(found: unknown): string | undefined {
  return typeof found === 'string' ? found : undefined
}
