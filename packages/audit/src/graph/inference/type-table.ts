// Types as small numbers: each distinct type is stored once, so that comparing and remembering them is free.

/** What a type is; `a` and `b` of `TypeTable` mean what is said here. */
export const TypeKind = {
  /** Nothing is known. */
  Unknown: 0,
  None: 1,
  /** a: module of the project. */
  Module: 2,
  /** a: library name: a module, class or function outside the project. */
  Outside: 3,
  /** a: library class, b: type argument (the model of a query set). */
  OutsideInstance: 4,
  /** a: library name `Class.method`, b: the receiver. */
  OutsideMethod: 5,
  /** a: class of the project. */
  Class: 6,
  /** a: class of the project, b: type argument. */
  Instance: 7,
  /** a: function of the project, b: the receiver when bound. */
  Function: 8,
  /** a: element. Also sets and variable tuples. */
  List: 9,
  /** a: element. */
  Iterator: 10,
  /** a: element. */
  AsyncIterator: 11,
  /** a: result of `await`. */
  Awaitable: 12,
  /** a: what `with` or `async with` gives. */
  Context: 13,
  /** a: result of a call. */
  Callable: 14,
  /** a: value. */
  Dict: 15,
  /** a: number of a list of types. */
  Tuple: 16,
  /** a: number of a sorted list of types. */
  Union: 17,
  /** a: class in whose method `super()` stands, b: instance. */
  Super: 18,
  /** a: module, b: Dict node: an object literal of TypeScript, whose keys are members. */
  Literal: 19,
} as const

/** The number of a type. 0 is "unknown". */
export type TypeId = number

/** Unknown: the type with number 0. */
export const UNKNOWN: TypeId = 0

/** A union of more members than this is "unknown": it would say nothing. */
const MAX_MEMBERS = 6

/** Stores types; asks for an equal type give an equal number. */
export class TypeTable {
  readonly kind: number[] = []
  readonly a: number[] = []
  readonly b: number[] = []
  /** Hash table of types: 0 for an empty slot, else the type's number and one. */
  #slots = new Int32Array(1 << 12)
  #mask = (1 << 12) - 1
  readonly #alone: (readonly TypeId[] | undefined)[] = []
  readonly #lists: (readonly TypeId[])[] = []
  readonly #listNumbers = new Map<string, number>()
  readonly #outside: string[] = []
  readonly #outsideNumbers = new Map<string, number>()

  constructor() {
    this.make(TypeKind.Unknown)
    this.make(TypeKind.None)
  }

  make(kind: number, a = 0, b = 0): TypeId {
    let slot = this.#home(kind, a, b)
    for (let entry = this.#slots[slot]!; entry !== 0; entry = this.#slots[slot]!) {
      const id = entry - 1
      if (this.a[id] === a && this.b[id] === b && this.kind[id] === kind) return id
      slot = (slot + 1) & this.#mask
    }
    const id = this.kind.length
    this.kind.push(kind)
    this.a.push(a)
    this.b.push(b)
    this.#slots[slot] = id + 1
    if (this.kind.length * 2 > this.#mask) this.#rehash()
    return id
  }

  #home(kind: number, a: number, b: number): number {
    const mixed = Math.imul(a, 0x9e37_79b1) ^ Math.imul(b, 0x85eb_ca6b) ^ Math.imul(kind, 0xc2b2_ae35)
    return (mixed ^ (mixed >>> 15)) & this.#mask
  }

  #rehash(): void {
    const capacity = this.#slots.length * 2
    this.#slots = new Int32Array(capacity)
    this.#mask = capacity - 1
    for (let id = 0; id < this.kind.length; id++) {
      let slot = this.#home(this.kind[id]!, this.a[id]!, this.b[id]!)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = id + 1
    }
  }

  /** A wrapper of a type; unknown stays visible as a wrapper of unknown, for `await` and `for`. */
  wrap(kind: number, inner: TypeId): TypeId {
    return this.make(kind, inner)
  }

  outsideNumber(name: string): number {
    let number = this.#outsideNumbers.get(name)
    if (number === undefined) {
      number = this.#outside.length
      this.#outside.push(name)
      this.#outsideNumbers.set(name, number)
    }
    return number
  }

  /** The text of an outside name's number. */
  outsideName(number: number): string {
    return this.#outside[number]!
  }

  outside(name: string): TypeId {
    return this.make(TypeKind.Outside, this.outsideNumber(name))
  }

  outsideInstance(name: string, argument: TypeId = UNKNOWN): TypeId {
    return this.make(TypeKind.OutsideInstance, this.outsideNumber(name), argument)
  }

  tuple(items: readonly TypeId[]): TypeId {
    return this.make(TypeKind.Tuple, this.#listNumber(items))
  }

  union(members: readonly TypeId[]): TypeId {
    if (members.length === 1) return members[0]!
    if (members.every((member) => member === members[0] || member === UNKNOWN)) {
      return members.find((member) => member !== UNKNOWN) ?? UNKNOWN
    }
    const flat = new Set<TypeId>()
    for (const member of members) for (const one of this.members(member)) flat.add(one)
    flat.delete(UNKNOWN)
    if (flat.size > 1) flat.delete(this.make(TypeKind.None))
    if (flat.size === 0 || flat.size > MAX_MEMBERS) return UNKNOWN
    if (flat.size === 1) return [...flat][0]!
    return this.make(TypeKind.Union, this.#listNumber([...flat].sort((x, y) => x - y)))
  }

  /** The alternatives of a union, or the type alone. */
  members(type: TypeId): readonly TypeId[] {
    if (this.kind[type] === TypeKind.Union) return this.#lists[this.a[type]!]!
    let alone = this.#alone[type]
    if (alone === undefined) {
      alone = [type]
      this.#alone[type] = alone
    }
    return alone
  }

  /** The types of a tuple's places. */
  items(type: TypeId): readonly TypeId[] {
    return this.kind[type] === TypeKind.Tuple ? this.#lists[this.a[type]!]! : []
  }

  #listNumber(items: readonly TypeId[]): number {
    const key = items.join(' ')
    let number = this.#listNumbers.get(key)
    if (number === undefined) {
      number = this.#lists.length
      this.#lists.push(items)
      this.#listNumbers.set(key, number)
    }
    return number
  }
}
