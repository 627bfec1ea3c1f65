// Collects the nodes of one file in the order a parser finishes them (children first), then lays them out in pre-order.
import { NODE_WORDS } from './contract.ts'
import type { StringPool } from './string-pool.ts'

/** Words of a collected node: head (kind, flags, column), line, nodes in its subtree, value. */
const WORDS = 4

/**
 * A parser notes `mark()` before it reads a construct and calls `emit` after it; everything emitted in between becomes
 * the construct's children. Nothing collected holds an absolute node number, so backtracking is `rewind(mark)`.
 */
export class TreeWriter {
  readonly pool: StringPool
  #words = new Int32Array(WORDS * 4096)
  #count = 0
  #comments = new Int32Array(1024)
  #commentWords = 0
  // String numbers of the file: which pool strings this file has, in order of appearance.
  #names = new Int32Array(1024)
  #nameCount = 0
  #localOf = new Int32Array(1 << 14)
  #seenBy = new Int32Array(1 << 14)
  #file = 0

  constructor(pool: StringPool) {
    this.pool = pool
  }

  begin(): void {
    this.#count = 0
    this.#commentWords = 0
    this.#nameCount = 0
    this.#file++
  }

  /** Number of nodes so far. */
  mark(): number {
    return this.#count
  }

  rewind(mark: number): void {
    this.#count = mark
  }

  /** Takes nodes back that a `rewind` dropped, as long as nothing was emitted since. */
  protected keep(count: number): void {
    this.#count = count
  }

  get commentMark(): number {
    return this.#commentWords
  }

  rewindComments(mark: number): void {
    this.#commentWords = mark
  }

  /** The file's number for a pool string. */
  local(id: number): number {
    if (id >= this.#seenBy.length) this.#growSeen(id)
    if (this.#seenBy[id] === this.#file) return this.#localOf[id]!
    const local = this.#nameCount++
    if (local >= this.#names.length) this.#names = enlarged(this.#names)
    this.#names[local] = id
    this.#localOf[id] = local
    this.#seenBy[id] = this.#file
    return local
  }

  /** The pool string behind a number of the file. */
  poolId(local: number): number {
    return this.#names[local]!
  }

  emit(kind: number, flags: number, line: number, column: number, value: number, mark: number): void {
    const at = this.#count * WORDS
    if (at === this.#words.length) this.#words = enlarged(this.#words)
    const words = this.#words
    words[at] = kind | (flags << 7) | (Math.min(column, 0xffff) << 16)
    words[at + 1] = line
    words[at + 2] = ++this.#count - mark
    words[at + 3] = value
  }

  comment(line: number, value: number): void {
    if (this.#commentWords + 2 > this.#comments.length) this.#comments = enlarged(this.#comments)
    this.#comments[this.#commentWords++] = line
    this.#comments[this.#commentWords++] = value
  }

  /** Kind of the node with that number; -1 stands for the last one. */
  kindAt(node: number): number {
    return this.#words[node * WORDS]! & 127
  }

  flagsAt(node: number): number {
    return (this.#words[node * WORDS]! >>> 7) & 511
  }

  setFlags(node: number, flags: number): void {
    this.#words[node * WORDS]! |= flags << 7
  }

  lineAt(node: number): number {
    return this.#words[node * WORDS + 1]!
  }

  columnAt(node: number): number {
    return this.#words[node * WORDS]! >>> 16
  }

  sizeAt(node: number): number {
    return this.#words[node * WORDS + 2]!
  }

  valueAt(node: number): number {
    return this.#words[node * WORDS + 3]!
  }

  /** Moves the nodes from `mark` on one place up and writes a childless node there. */
  insert(mark: number, kind: number, line: number, column: number, value: number): void {
    this.emit(kind, 0, line, column, value, this.#count)
    this.#words.copyWithin((mark + 1) * WORDS, mark * WORDS, (this.#count - 1) * WORDS)
    const last = this.#count
    this.#count = mark
    this.emit(kind, 0, line, column, value, mark)
    this.#count = last
  }

  /** Words that `layOut` needs. */
  get words(): number {
    return this.#count * NODE_WORDS
  }

  /** Writes the nodes in pre-order; the last emitted node is the root. */
  layOut(out: Int32Array): void {
    const words = this.#words
    const count = this.#count
    // Where each collected node goes and under which parent, found from the root down.
    if (count > this.#place.length) {
      this.#place = new Int32Array(count * 2)
      this.#above = new Int32Array(count * 2)
    }
    const place = this.#place
    const above = this.#above
    place[count - 1] = 0
    above[count - 1] = -1
    for (let node = count - 1; node >= 0; node--) {
      const from = node * WORDS
      const size = words[from + 2]!
      const at = place[node]!
      const to = at * NODE_WORDS
      out[to] = words[from]!
      out[to + 1] = words[from + 1]!
      out[to + 2] = at + size
      out[to + 3] = above[node]!
      out[to + 4] = words[from + 3]!
      let slot = at + size
      for (let child = node - 1; slot > at + 1; ) {
        const childSize = words[child * WORDS + 2]!
        slot -= childSize
        place[child] = slot
        above[child] = at
        child -= childSize
      }
    }
  }
  #place = new Int32Array(4096)
  #above = new Int32Array(4096)

  /** Views of the file's pool numbers and comments, valid until the next `begin`. */
  get names(): Int32Array {
    return this.#names.subarray(0, this.#nameCount)
  }

  get comments(): Int32Array {
    return this.#comments.subarray(0, this.#commentWords)
  }

  #growSeen(id: number): void {
    const localOf = new Int32Array(Math.max(id + 1, this.#seenBy.length * 2))
    const seenBy = new Int32Array(localOf.length)
    localOf.set(this.#localOf)
    seenBy.set(this.#seenBy)
    this.#localOf = localOf
    this.#seenBy = seenBy
  }
}

const enlarged = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const next = new Int32Array(old.length * 2)
  next.set(old)
  return next
}
