// Turns the text of a value into what a query would have given: the driver's own reading, by the number of the type.
import pg from 'pg'

/** The value. Types that the driver does not know stay text, as they do in a query. */
export function parseColumn(typeOid: number, text: string | null): unknown {
  return text === null ? null : pg.types.getTypeParser(typeOid, 'text')(text)
}
