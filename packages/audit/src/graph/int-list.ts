// A growable list of 32-bit integers: what a pass over millions of nodes appends to without making objects.

/** Append-only list of 32-bit integers backed by one typed array. */
export class IntList {
  #items: Int32Array
  length = 0

  constructor(capacity = 1024) {
    this.#items = new Int32Array(capacity)
  }

  push(value: number): void {
    if (this.length === this.#items.length) {
      const grown = new Int32Array(this.#items.length * 2)
      grown.set(this.#items)
      this.#items = grown
    }
    this.#items[this.length++] = value
  }

  at(index: number): number {
    return this.#items[index]!
  }

  set(index: number, value: number): void {
    this.#items[index] = value
  }

  /** The items so far, without spare room; a copy, so that the spare room is freed. */
  toArray(): Int32Array {
    return this.#items.slice(0, this.length)
  }
}

/**
 * Groups numbered items by an owner with a stable counting sort.
 * `start[o]` to `start[o + 1]` are the places in `order` of the items that belong to owner `o`.
 */
export function groupByOwner(owners: Int32Array, ownerCount: number): { start: Int32Array; order: Int32Array } {
  const start = new Int32Array(ownerCount + 1)
  for (const owner of owners) if (owner >= 0) start[owner + 1] = start[owner + 1]! + 1
  for (let o = 0; o < ownerCount; o++) start[o + 1] = start[o + 1]! + start[o]!
  const next = start.slice()
  const order = new Int32Array(start[ownerCount]!)
  for (let i = 0; i < owners.length; i++) {
    const owner = owners[i]!
    if (owner < 0) continue
    order[next[owner]!] = i
    next[owner] = next[owner]! + 1
  }
  return { start, order }
}
