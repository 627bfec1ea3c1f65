// The tables of billing, as the query layer types them. A bigint and a date arrive as text.
import type { ColumnType, Generated } from 'kysely'

/** Written as `YYYY-MM-DD`; read through `::text`, because the driver's Date would carry a time zone. */
type Day = ColumnType<unknown, string, string>

export interface BillingTables {
  plan: { author_id: string; amount_cents: number; currency: Generated<string>; updated_at: Generated<Date> }
  pledge: {
    id: Generated<string>
    reader_id: string
    author_id: string
    amount_cents: number
    currency: string
    started_on: Day
    months_invoiced: number
    covered_until: Day
    ended_at: Date | null
  }
  invoice: {
    id: Generated<string>
    pledge_id: string
    reader_id: string
    author_id: string
    period_start: Day
    period_end: Day
    amount_cents: number
    currency: string
    articles: number
    issued_at: Date
    paid_at: Date | null
  }
  publication: { article_id: string; author_id: string; published_on: Day }
}
