// The stretches of time that tables are divided by: days or months of UTC.

/** Length of one part of a table. */
export type PartUnit = 'day' | 'month'

/** One part: its name and its times in milliseconds since 1970, the end exclusive. */
export interface Part {
  /** `202611` or `20261125`. */
  readonly name: string
  readonly from: number
  readonly to: number
}

/** The part that holds a moment. */
export function partOf(unit: PartUnit, at: number): Part {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const dayOfMonth = unit === 'day' ? date.getUTCDate() : 1
  const from = Date.UTC(year, month, dayOfMonth)
  const to = unit === 'day' ? Date.UTC(year, month, dayOfMonth + 1) : Date.UTC(year, month + 1, 1)
  const text = new Date(from).toISOString().replaceAll('-', '')
  return { name: text.slice(0, unit === 'day' ? 8 : 6), from, to }
}

/** The part with this name; undefined for other names. */
export function partNamed(unit: PartUnit, name: string): Part | undefined {
  if (!(unit === 'day' ? /^\d{8}$/ : /^\d{6}$/).test(name)) return undefined
  const [year, month] = [Number(name.slice(0, 4)), Number(name.slice(4, 6)) - 1]
  const part = partOf(unit, Date.UTC(year, month, unit === 'day' ? Number(name.slice(6)) : 1))
  return part.name === name ? part : undefined
}

/** The part of a moment and those after it, `ahead` of them. */
export function partsAhead(unit: PartUnit, now: number, ahead: number): readonly Part[] {
  const parts = [partOf(unit, now)]
  for (let next = parts[0]; next !== undefined && parts.length <= ahead; next = parts.at(-1)) {
    parts.push(partOf(unit, next.to))
  }
  return parts
}
