// Latencies in constant memory: counting costs nanoseconds, a percentile is right within 2 %.

/** Each power of two is divided into this many buckets: the middle of a bucket is at most 1.6 % off. */
const parts = 32
const partBits = 5
/** Powers of two of microseconds that are told apart: up to 2^32 µs, 71 minutes. */
const powers = 28

/** Counts durations and tells their percentiles. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(parts * powers)
  #count = 0
  #total = 0

  /** How many durations were counted. */
  get count(): number {
    return this.#count
  }

  /** Sum of all durations in milliseconds. */
  get totalMs(): number {
    return this.#total
  }

  /** Counts one duration in milliseconds. */
  record(ms: number): void {
    this.#count++
    this.#total += ms
    // Index is always inside the array: see bucketOf.
    this.#counts[bucketOf(ms)]! += 1
  }

  /** The duration in milliseconds that `share` (0 to 1) of all counted ones do not exceed; 0 without any. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.#count * share))
    let seen = 0
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count
      if (seen >= wanted) return middleOf(bucket)
    }
    return 0
  }
}

function bucketOf(ms: number): number {
  const micros = ms <= 0 ? 0 : ms >= 4_294_967 ? 0xffffffff : (ms * 1000) >>> 0
  if (micros < parts) return micros
  const power = 31 - Math.clz32(micros)
  return (power - partBits + 1) * parts + ((micros >>> (power - partBits)) & (parts - 1))
}

function middleOf(bucket: number): number {
  if (bucket < parts) return (bucket + 0.5) / 1000
  const power = Math.floor(bucket / parts) + partBits - 1
  const width = 2 ** (power - partBits)
  return (2 ** power + (bucket % parts) * width + width / 2) / 1000
}
