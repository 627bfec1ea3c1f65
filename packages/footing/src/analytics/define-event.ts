// Declares a kind of event: its name, what it is grouped by, what is added up.
import type { DimensionType, EventType, MeasureType } from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'

const namePattern = /^[a-z][a-z0-9_]{0,39}$/
const dimensionTypes: ReadonlySet<unknown> = new Set<DimensionType>(['text', 'int', 'boolean'])
const measureTypes: ReadonlySet<unknown> = new Set<MeasureType>(['int', 'float'])

/**
 * Checks a declaration and freezes it.
 * @throws `analytics-event-invalid`
 */
export function defineEvent<
  const Dimensions extends Readonly<Record<string, DimensionType>> = Readonly<Record<never, never>>,
  const Measures extends Readonly<Record<string, MeasureType>> = Readonly<Record<never, never>>,
>(declaration: {
  readonly name: string
  readonly dimensions?: Dimensions
  readonly measures?: Measures
  /** What becomes of the events of a person who is erased. Default `anonymise`: their user is emptied, and they count on. */
  readonly erase?: EventType['erase']
}): EventType<Dimensions, Measures> {
  const { name, erase = 'anonymise' } = declaration
  // Left out, they are empty, which is what the defaults of the type parameters say.
  const dimensions = { ...declaration.dimensions } as Dimensions
  const measures = { ...declaration.measures } as Measures
  const fail = (reason: string) => analyticsError('analytics-event-invalid', { event: shown(name), reason })
  if (!namePattern.test(name)) throw fail('its name is not allowed.')
  for (const [key, type] of Object.entries(dimensions)) {
    if (!namePattern.test(key)) throw fail(`the dimension ${shown(key)} has a name that is not allowed.`)
    if (!dimensionTypes.has(type)) throw fail(`the dimension ${key} is none of text, int, boolean.`)
  }
  for (const [key, type] of Object.entries(measures)) {
    if (!namePattern.test(key)) throw fail(`the measure ${shown(key)} has a name that is not allowed.`)
    if (!measureTypes.has(type)) throw fail(`the measure ${key} is neither int nor float.`)
  }
  if (erase !== 'anonymise' && erase !== 'delete') throw fail('erase is neither anonymise nor delete.')
  const columns = Object.keys(dimensions).length + Object.keys(measures).length
  if (columns > 50) throw fail(`it has ${columns} dimensions and measures.`)
  return Object.freeze({ name, dimensions: Object.freeze(dimensions), measures: Object.freeze(measures), erase })
}

function shown(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 60))
}
