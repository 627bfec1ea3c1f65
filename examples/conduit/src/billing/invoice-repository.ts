// All queries about invoices, and about the articles that they are for.
import type { Database, Transaction } from '@footing/core'
import { sql } from 'kysely'
import { addMonths } from './month.ts'
import type { PledgeRow } from './pledge-repository.ts'
import type { BillingTables } from './tables.generated.ts'

export interface InvoiceRow {
  readonly id: string
  readonly author_id: string
  readonly period_start: string
  readonly period_end: string
  readonly amount_cents: number
  readonly currency: string
  readonly articles: number
  readonly issued_at: Date
  readonly paid_at: Date | null
}

const invoiceColumns = [
  'id',
  'author_id',
  'amount_cents',
  'currency',
  'articles',
  'issued_at',
  'paid_at',
  sql<string>`period_start::text`.as('period_start'),
  sql<string>`period_end::text`.as('period_end'),
] as const

/** Writes the invoice of one period of a pledge in the caller's transaction. */
export async function issueInvoice(
  tx: Transaction<BillingTables>,
  pledge: Pick<PledgeRow, 'id' | 'reader_id' | 'author_id' | 'amount_cents' | 'currency'>,
  period: { readonly start: string; readonly end: string },
): Promise<void> {
  const { published } = await tx
    .selectFrom('publication')
    .select(({ fn }) => fn.countAll<string>().as('published'))
    .where('author_id', '=', pledge.author_id)
    .where('published_on', '>', addMonths(period.start, -1))
    .where('published_on', '<=', period.start)
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('invoice')
    .values({
      pledge_id: pledge.id,
      reader_id: pledge.reader_id,
      author_id: pledge.author_id,
      period_start: period.start,
      period_end: period.end,
      amount_cents: pledge.amount_cents,
      currency: pledge.currency,
      articles: Number(published),
      issued_at: sql`now()`,
    })
    .execute()
}

/** Counts an article that is for supporters among those of its day. */
export async function addPublication(
  tx: Transaction<BillingTables>,
  article: { readonly articleId: string; readonly authorId: string; readonly on: string },
): Promise<void> {
  await tx
    .insertInto('publication')
    .values({ article_id: article.articleId, author_id: article.authorId, published_on: article.on })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function withdrawPublication(tx: Transaction<BillingTables>, articleId: string): Promise<void> {
  await tx.deleteFrom('publication').where('article_id', '=', articleId).execute()
}

export class InvoiceRepository {
  readonly #db: Database<BillingTables>
  constructor(db: Database<BillingTables>) {
    this.#db = db
  }

  /** A reader's invoices, newest first. */
  page(readerId: string, { limit, offset }: { limit: number; offset: number }): Promise<InvoiceRow[]> {
    return this.#db
      .read()
      .selectFrom('invoice')
      .select(invoiceColumns)
      .where('reader_id', '=', readerId)
      .orderBy('id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute()
  }

  async count(readerId: string): Promise<number> {
    const { total } = await this.#db
      .read()
      .selectFrom('invoice')
      .select(({ fn }) => fn.countAll<string>().as('total'))
      .where('reader_id', '=', readerId)
      .executeTakeFirstOrThrow()
    return Number(total)
  }

  /** Marks a reader's invoice as paid; paying again keeps the first date. */
  pay(readerId: string, id: string): Promise<InvoiceRow | undefined> {
    return this.#db
      .write()
      .updateTable('invoice')
      .set({ paid_at: sql`coalesce(paid_at, now())` })
      .where('id', '=', id)
      .where('reader_id', '=', readerId)
      .returning(invoiceColumns)
      .executeTakeFirst()
  }
}
