// Strings of a run under small numbers: one byte store and one hash table, so that a million names cost no objects.
import type { Strings } from './contract.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The parts of a pool that are written to the cache or sent to another thread. */
export interface PoolParts {
  readonly bytes: Uint8Array
  /** `size + 1` offsets into bytes. */
  readonly starts: Int32Array
  readonly hashes: Int32Array
}

/** Hash of bytes as `StringPool.intern` wants it; a scanner computes the same while it reads. */
export const hashBytes = (source: Uint8Array, start: number, end: number): number => {
  let hash = 0
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + source[at]!) | 0
  return hash
}

/** Numbers every distinct byte string 0, 1, 2 … in order of appearance. */
export class StringPool implements Strings {
  size = 0
  #bytes: Uint8Array = new Uint8Array(1 << 16)
  #used = 0
  #starts: Int32Array = new Int32Array(1 << 12)
  #hashes: Int32Array = new Int32Array(1 << 12)
  #slots = new Int32Array(1 << 13)
  #mask = (1 << 13) - 1
  readonly #texts: (string | undefined)[] = []

  /** A pool with the strings of another run's parts, which it takes over. */
  static from(parts: PoolParts): StringPool {
    const pool = new StringPool()
    pool.size = parts.hashes.length
    pool.#bytes = parts.bytes
    pool.#used = parts.bytes.length
    pool.#starts = parts.starts
    pool.#hashes = parts.hashes
    let capacity = 1 << 13
    while (capacity < pool.size * 2 + 2) capacity *= 2
    pool.#rehash(capacity)
    return pool
  }

  /** The number of `source[start, end)`, whose hash is `hash`; added when new. */
  intern(source: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots
    const mask = this.#mask
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let entry = slots[slot]!; entry !== 0; entry = slots[slot]!) {
      if (this.#hashes[entry - 1] === hash && this.#equals(entry - 1, source, start, end)) return entry - 1
      slot = (slot + 1) & mask
    }
    return this.#add(source, start, end, hash, slot)
  }

  internText(text: string): number {
    const bytes = encoder.encode(text)
    return this.intern(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length))
  }

  id(text: string): number {
    const bytes = encoder.encode(text)
    const hash = hashBytes(bytes, 0, bytes.length)
    let slot = (hash ^ (hash >>> 15)) & this.#mask
    for (let entry = this.#slots[slot]!; entry !== 0; entry = this.#slots[slot]!) {
      if (this.#hashes[entry - 1] === hash && this.#equals(entry - 1, bytes, 0, bytes.length)) return entry - 1
      slot = (slot + 1) & this.#mask
    }
    return -1
  }

  text(id: number): string {
    if (id < 0 || id >= this.size) return ''
    const known = this.#texts[id]
    if (known !== undefined) return known
    const text = decoder.decode(this.#bytes.subarray(this.#starts[id]!, this.#starts[id + 1]!))
    this.#texts[id] = text
    return text
  }

  /** Adds every string of another pool; element i of the result is this pool's number for its number i. */
  merge(other: PoolParts): Int32Array {
    const count = other.hashes.length
    const numbers = new Int32Array(count)
    for (let id = 0; id < count; id++) {
      numbers[id] = this.intern(other.bytes, other.starts[id]!, other.starts[id + 1]!, other.hashes[id]!)
    }
    return numbers
  }

  /** Copies of the parts from number `from` on, cut to size. */
  parts(from = 0): PoolParts {
    const first = this.#starts[from]!
    return {
      bytes: this.#bytes.slice(first, this.#used),
      starts: this.#starts.slice(from, this.size + 1).map((at) => at - first),
      hashes: this.#hashes.slice(from, this.size),
    }
  }

  #equals(id: number, source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes
    let at = this.#starts[id]!
    if (this.#starts[id + 1]! - at !== end - start) return false
    for (let from = start; from < end; from++, at++) if (bytes[at] !== source[from]) return false
    return true
  }

  #add(source: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const id = this.size
    const length = end - start
    if (this.#used + length > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#used + length)
    if (length > 32) this.#bytes.set(source.subarray(start, end), this.#used)
    else for (let at = 0; at < length; at++) this.#bytes[this.#used + at] = source[start + at]!
    if (id + 2 > this.#starts.length) this.#starts = grownWords(this.#starts, id + 2)
    if (id + 2 > this.#hashes.length) this.#hashes = grownWords(this.#hashes, id + 2)
    this.#starts[id] = this.#used
    this.#used += length
    this.#starts[id + 1] = this.#used
    this.#hashes[id] = hash
    this.#slots[slot] = id + 1
    this.size = id + 1
    if (this.size * 2 > this.#mask) this.#rehash((this.#mask + 1) * 2)
    return id
  }

  #rehash(capacity: number): void {
    const slots = new Int32Array(capacity)
    const mask = capacity - 1
    for (let id = 0; id < this.size; id++) {
      const hash = this.#hashes[id]!
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#slots = slots
    this.#mask = mask
  }
}

const grown = (old: Uint8Array, least: number): Uint8Array => {
  const next = new Uint8Array(Math.max(old.length * 2, least))
  next.set(old)
  return next
}

const grownWords = (old: Int32Array, least: number): Int32Array => {
  const next = new Int32Array(Math.max(old.length * 2, least))
  next.set(old)
  return next
}
