// What may cross a port: values that JSON carries without loss, as a type and as a check at run time.
import type { JsonValue } from '@footing/kernel'
import { type Transaction, transactionBrand } from '../data/contract/contract.ts'

/**
 * Maps a type to itself where JSON can carry it and to `never` where it cannot: functions, dates, maps, bigint,
 * symbols, `any`, `unknown` and database transactions. `T extends Portable<T>` is the question "may T cross a port?".
 */
export type Portable<T> = 0 extends 1 & T
  ? never
  : unknown extends T
    ? never
    : [WritableJson, T] extends [T, JsonValue]
      ? T
      : PortablePart<T>

/** JSON as validators type it: any type that holds this whole union is "any JSON" and needs no look inside. */
type WritableJson = string | number | boolean | null | WritableJson[] | { [key: string]: WritableJson }

type PortablePart<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends bigint | symbol | ((...args: never) => unknown)
    ? never
    : T extends Pick<Transaction<never>, typeof transactionBrand>
      ? never
      : T extends object
        ? { [Key in keyof T]: Key extends symbol ? never : Portable<T[Key]> }
        : never

/** What makes a value unfit to cross a port, and where. */
export interface PortabilityFault {
  /** JSON Pointer into the value, `''` for the whole. */
  readonly pointer: string
  /** In words: `a function`, `a Date`. */
  readonly found: string
  readonly transaction: boolean
}

/** Deeper nesting is refused: it would cost the stack of whoever writes or reads it. */
const deepest = 200

/** Finds the first part of a value that would not come back from JSON as it went in; undefined when all would. */
export function findUnportable(value: unknown): PortabilityFault | undefined {
  return search(value, [])
}

function search(value: unknown, above: object[]): PortabilityFault | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'undefined':
      // A property that is undefined is left out by JSON, which reads the same; in an array it changes the value.
      return Array.isArray(above.at(-1)) ? fault('undefined in an array') : undefined
    case 'number':
      if (Object.is(value, -0)) return fault('minus zero')
      return Number.isFinite(value) ? undefined : fault(String(value))
    case 'object':
      return value === null ? undefined : searchObject(value, above)
    default:
      return fault(`a ${typeof value}`)
  }
}

function searchObject(value: object, above: object[]): PortabilityFault | undefined {
  if (transactionBrand in value) return { ...fault('a transaction'), transaction: true }
  if (above.includes(value)) return fault('a reference to itself')
  if (above.length >= deepest) return fault(`more than ${deepest} levels`)
  const list = Array.isArray(value)
  if (!list && !isPlain(value)) {
    return fault(`a ${value.constructor?.name ?? 'class instance'}`)
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return fault('a property named by a symbol')
  above.push(value)
  const found = list ? searchItems(value, above) : searchProperties(value, above)
  above.pop()
  return found
}

/** An object without behaviour. Routers make theirs with an empty prototype of their own, which counts as none. */
function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Reflect.ownKeys(prototype).length === 0
}

// By position, so that a hole in the array is seen.
function searchItems(items: readonly unknown[], above: object[]): PortabilityFault | undefined {
  for (let index = 0; index < items.length; index++) {
    const found = search(items[index], above)
    if (found) return below(String(index), found)
  }
  return undefined
}

function searchProperties(value: object, above: object[]): PortabilityFault | undefined {
  for (const [key, part] of Object.entries(value)) {
    if (key === '__proto__' || key === 'toJSON') return below(key, fault(`a property called ${key}`))
    const found = search(part, above)
    if (found) return below(key, found)
  }
  return undefined
}

function fault(found: string): PortabilityFault {
  return { pointer: '', found, transaction: false }
}

/** The same fault seen from one level higher; places are only written when there is a fault. */
function below(key: string, found: PortabilityFault): PortabilityFault {
  return { ...found, pointer: `/${escapePointer(key)}${found.pointer}` }
}

/** Writes a key as one step of a JSON Pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Freezes a portable value and everything in it, so that whoever changes it afterwards gets a TypeError at once. */
export function freezeDeep<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freezeDeep(part)
  }
  return value
}
