// A map from two whole numbers to one, in typed arrays: what a program is asked about is remembered without making objects.

const EMPTY = -1

/** Remembers a number that is not negative for each pair of numbers that are not negative. */
export class PairMap {
  #first = new Int32Array(1 << 10)
  #second = new Int32Array(1 << 10)
  #value = new Int32Array(1 << 10).fill(EMPTY)
  #mask = (1 << 10) - 1
  #size = 0

  /** The number of a pair, or -1. */
  get(first: number, second: number): number {
    for (let slot = this.#home(first, second); ; slot = (slot + 1) & this.#mask) {
      const value = this.#value[slot]!
      if (value === EMPTY || (this.#first[slot] === first && this.#second[slot] === second)) return value
    }
  }

  set(first: number, second: number, value: number): void {
    if (this.#size * 2 > this.#mask) this.#grow()
    let slot = this.#home(first, second)
    while (this.#value[slot] !== EMPTY && !(this.#first[slot] === first && this.#second[slot] === second)) {
      slot = (slot + 1) & this.#mask
    }
    if (this.#value[slot] === EMPTY) this.#size++
    this.#first[slot] = first
    this.#second[slot] = second
    this.#value[slot] = value
  }

  #home(first: number, second: number): number {
    const mixed = Math.imul(first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca6b)
    return (mixed ^ (mixed >>> 15)) & this.#mask
  }

  #grow(): void {
    const [first, second, value] = [this.#first, this.#second, this.#value]
    const capacity = value.length * 2
    this.#first = new Int32Array(capacity)
    this.#second = new Int32Array(capacity)
    this.#value = new Int32Array(capacity).fill(EMPTY)
    this.#mask = capacity - 1
    this.#size = 0
    for (let slot = 0; slot < value.length; slot++) {
      if (value[slot] !== EMPTY) this.set(first[slot]!, second[slot]!, value[slot]!)
    }
  }
}
