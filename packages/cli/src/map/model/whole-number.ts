// A count given as an option.
import { cliErrors } from '../../command/errors.ts'

/** From 1 to 999999. @throws `map-number-invalid` */
export function wholeNumber(value: unknown, option: string): number {
  const number = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : 0
  if (number === 0) throw cliErrors('map-number-invalid', { details: { option, value: String(value) } })
  return number
}
