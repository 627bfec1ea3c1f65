// Written by: footing migrate types. The tables and views of billing, and the views of others that it declares to read.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

/** Larger than a number holds exactly: arrives as text, may be written as text, number or bigint. */
type BigInteger = ColumnType<string, string | number | bigint, string | number | bigint>

/** A point in time: arrives as Date, may be written as Date or ISO text. */
type Instant = ColumnType<Date, Date | string, Date | string>

/** An Instant that the server fills in when it is left out. */
type OptionalInstant = ColumnType<Date, Date | string | undefined, Date | string>

/** Written as `YYYY-MM-DD`; read it through `::text`, because the Date of the driver would carry a time zone. */
type Day = ColumnType<unknown, string, string>

export interface BillingTables {
  invoice: {
    id: GeneratedAlways<string>
    pledge_id: BigInteger
    reader_id: BigInteger
    author_id: BigInteger
    period_start: Day
    period_end: Day
    amount_cents: number
    currency: string
    articles: number
    issued_at: Instant
    paid_at: ColumnType<Date | null, Date | string | null, Date | string | null>
  }
  plan: {
    author_id: BigInteger
    amount_cents: number
    currency: Generated<string>
    updated_at: OptionalInstant
  }
  pledge: {
    id: GeneratedAlways<string>
    reader_id: BigInteger
    author_id: BigInteger
    amount_cents: number
    currency: string
    started_on: Day
    months_invoiced: number
    covered_until: Day
    ended_at: ColumnType<Date | null, Date | string | null, Date | string | null>
  }
  publication: {
    article_id: BigInteger
    author_id: BigInteger
    published_on: Day
  }
}
