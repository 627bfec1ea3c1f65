// Stand-ins for values that are not there yet: a mapping is run once with them, and what it does with each is seen.

/** Where a stand-in comes from: `['query', 'limit']`. */
export type Origin = readonly string[]

/** Says why a mapping cannot be read. */
export class Unclear extends Error {
  override readonly name = 'Unclear'
}

const origins = new WeakMap<object, Origin>()

/** Where a value comes from, when it is a stand-in. */
export function originOf(value: unknown): Origin | undefined {
  return typeof value === 'object' && value !== null ? origins.get(value) : undefined
}

/** What a stand-in may do besides being placed. */
export interface PlaceholderRules {
  /** Names of the properties at an origin, for `{ ...value }`; undefined when nobody knows them. */
  readonly names: (origin: Origin) => Iterable<string> | undefined
  /** Told of every stand-in that is asked for. */
  readonly touched?: (origin: Origin) => void
  /** What it is in a text or a sum; without it, computing with it is unclear. */
  readonly primitive?: (origin: Origin, hint: string) => string | number | undefined
}

/** Makes a stand-in for the value at `origin`. It can be placed, taken apart by names and spread, and nothing else. */
export function placeholder(origin: Origin, rules: PlaceholderRules): object {
  const parts = new Map<string, object>()
  const part = (name: string) => {
    const known = parts.get(name) ?? placeholder([...origin, name], rules)
    parts.set(name, known)
    return known
  }
  const proxy = new Proxy(Object.create(null), {
    get: (_target, key) => {
      if (key === Symbol.toPrimitive) return (hint: string) => primitiveOf(origin, rules, hint)
      if (typeof key === 'symbol') throw new Unclear(`it asks ${origin.join('.')} for more than a property`)
      rules.touched?.([...origin, key])
      return part(key)
    },
    has: (_target, key) => typeof key === 'string',
    ownKeys: () => {
      const names = rules.names(origin)
      if (names === undefined) throw new Unclear(`it spreads ${origin.join('.')}, whose properties are not known`)
      rules.touched?.(origin)
      return [...names]
    },
    getOwnPropertyDescriptor: (_target, key) =>
      typeof key === 'string' ? { value: part(key), enumerable: true, configurable: true, writable: false } : undefined,
  })
  origins.set(proxy, origin)
  return proxy
}

function primitiveOf(origin: Origin, { primitive }: PlaceholderRules, hint: string): string | number {
  const value = primitive?.(origin, hint)
  if (value === undefined) throw new Unclear(`it computes with ${origin.join('.')}`)
  return value
}

/** Runs a mapping with stand-ins; whatever it does not survive makes it unclear. */
export function runMapping(mapping: (value: never) => unknown, value: object): unknown {
  let result: unknown
  try {
    result = mapping(value as never) // a stand-in has whatever properties the mapping asks for
  } catch (error) {
    if (error instanceof Unclear) throw error
    throw new Unclear(`it fails on a stand-in: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (result instanceof Promise) {
    result.catch(() => undefined) // nobody waits for it
    throw new Unclear('it is asynchronous')
  }
  return result
}
