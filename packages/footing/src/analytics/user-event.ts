// A stored event of one user, from the texts of a driver.
import type { DimensionType, DimensionValue, EventType, UserEvent, UserRow } from './contract/contract.ts'

/** Gives the texts their names and types. */
export function userEvent(event: EventType, { at, dimensions, measures }: UserRow): UserEvent {
  const named = Object.entries(event.dimensions).map(([name, type], index) => [
    name,
    dimensionOf(type, dimensions[index]),
  ])
  const numbers = Object.keys(event.measures).map((name, index) => {
    const text = measures[index] ?? null
    return [name, text === null ? null : Number(text)]
  })
  return { at: new Date(at), dimensions: Object.fromEntries(named), measures: Object.fromEntries(numbers) }
}

function dimensionOf(type: DimensionType, text: string | null | undefined): DimensionValue | null {
  if (text === null || text === undefined) return null
  if (type === 'text') return text
  return type === 'int' ? Number(text) : text === 'true'
}
