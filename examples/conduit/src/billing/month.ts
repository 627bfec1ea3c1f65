// Calendar arithmetic for monthly periods, on dates without a time of day: `YYYY-MM-DD`.

/** The day on which month number `count` after `start` begins; the last day of a month that is too short. */
export function addMonths(start: string, count: number): string {
  const [year, month, day] = start.split('-').map(Number) as [number, number, number] // the schema of a date has three parts
  const months = year * 12 + (month - 1) + count
  const lastDay = new Date(Date.UTC(Math.floor(months / 12), (months % 12) + 1, 0)).getUTCDate()
  return dateOf(Date.UTC(Math.floor(months / 12), months % 12, Math.min(day, lastDay)))
}

/** The UTC date of a moment in milliseconds since 1970. */
export function dateOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10)
}
