// A name as a person would write it in SQL: in quotes only where PostgreSQL needs them.
import { quoteName } from '../../data/contract/quote.ts'

// The words that PostgreSQL reserves: a table or a column of such a name always needs quotes.
const reserved = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate collation
   column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
   current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
   full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime
   localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right
   select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using
   variadic verbose when where window with`.split(/\s+/),
)

/** The name, quoted when it has to be. */
export function writtenName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : quoteName(name)
}
