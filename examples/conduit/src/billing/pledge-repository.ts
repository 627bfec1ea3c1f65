// All queries about plans and pledges.
import { type Database, isFootingError, type Transaction } from '@footing/core'
import { eraseBy } from '@footing/core/records'
import { sql } from 'kysely'
import { fault } from '../realworld/fault.ts'
import { billingErrors } from './errors.ts'
import { issueInvoice } from './invoice-repository.ts'
import { addMonths } from './month.ts'
import type { BillingTables } from './tables.generated.ts'

/** An author's price. */
export interface PlanRow {
  readonly author_id: string
  readonly amount_cents: number
  readonly currency: string
}

export interface PledgeRow extends PlanRow {
  readonly id: string
  readonly reader_id: string
  readonly started_on: string
  readonly covered_until: string
  readonly months_invoiced: number
  readonly ended_at: Date | null
}

const pledgeColumns = [
  'id',
  'reader_id',
  'author_id',
  'amount_cents',
  'currency',
  'months_invoiced',
  'ended_at',
  sql<string>`started_on::text`.as('started_on'),
  sql<string>`covered_until::text`.as('covered_until'),
] as const

/** Pledges that one transaction of the monthly run takes: short locks, little to repeat after a fault. */
const runSize = 100

export class PledgeRepository {
  readonly #db: Database<BillingTables>
  constructor(db: Database<BillingTables>) {
    this.#db = db
  }

  setPlan(authorId: string, amountCents: number): Promise<PlanRow> {
    return this.#db
      .write()
      .insertInto('plan')
      .values({ author_id: authorId, amount_cents: amountCents })
      .onConflict((conflict) =>
        conflict.column('author_id').doUpdateSet({ amount_cents: amountCents, updated_at: sql`now()` }),
      )
      .returning(['author_id', 'amount_cents', 'currency'])
      .executeTakeFirstOrThrow()
  }

  plan(authorId: string): Promise<PlanRow | undefined> {
    return this.#db
      .read()
      .selectFrom('plan')
      .select(['author_id', 'amount_cents', 'currency'])
      .where('author_id', '=', authorId)
      .executeTakeFirst()
  }

  /** Starts a pledge with the invoice of its first month, both or none. @throws pledge-exists */
  async start(readerId: string, plan: PlanRow, today: string): Promise<PledgeRow> {
    try {
      return await this.#db.transaction(async (tx) => {
        const pledge = await tx
          .insertInto('pledge')
          .values({
            reader_id: readerId,
            ...plan,
            started_on: today,
            months_invoiced: 1,
            covered_until: addMonths(today, 1),
          })
          .returning(pledgeColumns)
          .executeTakeFirstOrThrow()
        await issueInvoice(tx, pledge, { start: today, end: pledge.covered_until })
        return pledge
      })
    } catch (error) {
      if (!isFootingError(error, 'data-unique-violation')) throw error
      throw billingErrors('pledge-exists', fault('pledge', 'exists already'))
    }
  }

  end(readerId: string, authorId: string): Promise<PledgeRow | undefined> {
    return this.#db
      .write()
      .updateTable('pledge')
      .set({ ended_at: sql`now()` })
      .where('reader_id', '=', readerId)
      .where('author_id', '=', authorId)
      .where('ended_at', 'is', null)
      .returning(pledgeColumns)
      .executeTakeFirst()
  }

  /** The reader's newest pledges. */
  ofReader(readerId: string): Promise<PledgeRow[]> {
    return this.#db
      .read()
      .selectFrom('pledge')
      .select(pledgeColumns)
      .where('reader_id', '=', readerId)
      .orderBy('id', 'desc')
      .limit(100)
      .execute()
  }

  async supports(readerId: string, authorId: string, today: string): Promise<boolean> {
    const found = await this.#db
      .read()
      .selectFrom('pledge')
      .select('id')
      .where('author_id', '=', authorId)
      .where('reader_id', '=', readerId)
      .where(({ or, eb }) => or([eb('ended_at', 'is', null), eb('covered_until', '>', today)]))
      .limit(1)
      .executeTakeFirst()
    return found !== undefined
  }

  async supportOf(authorId: string): Promise<{ supporters: number; monthlyCents: number }> {
    const row = await this.#db
      .read()
      .selectFrom('pledge')
      .select(({ fn }) => [
        fn.countAll<string>().as('supporters'),
        fn.coalesce(fn.sum<string>('amount_cents'), sql<string>`0`).as('cents'),
      ])
      .where('author_id', '=', authorId)
      .where('ended_at', 'is', null)
      .executeTakeFirstOrThrow()
    return { supporters: Number(row.supporters), monthlyCents: Number(row.cents) }
  }

  /** Invoices the next month of some pledges that nothing covers any more; returns how many, 0 when none is left. */
  issueSome(today: string): Promise<number> {
    return this.#db.transaction(async (tx) => {
      const due = await tx
        .selectFrom('pledge')
        .select(pledgeColumns)
        .where('ended_at', 'is', null)
        .where('covered_until', '<=', today)
        .orderBy('covered_until')
        .orderBy('id')
        .limit(runSize)
        .forUpdate()
        .skipLocked()
        .execute()
      for (const pledge of due) await extend(tx, pledge)
      return due.length
    })
  }
}

/** Ends the pledges of a person who is erased, as reader and as author: nothing is invoiced any more. */
export const erasePledges = eraseBy<BillingTables>(async (tx, subject, most) => {
  const some = tx
    .selectFrom('pledge')
    .select('id')
    .where(({ or, eb }) => or([eb('reader_id', '=', subject), eb('author_id', '=', subject)]))
    .where('ended_at', 'is', null)
    .orderBy('id')
    .limit(most)
    .forUpdate()
  const ended = await tx
    .updateTable('pledge')
    .set({ ended_at: sql`now()` })
    .where('id', 'in', some)
    .returning('id')
    .execute()
  return ended.length
})

async function extend(tx: Transaction<BillingTables>, pledge: PledgeRow): Promise<void> {
  const months = pledge.months_invoiced + 1
  const end = addMonths(pledge.started_on, months)
  await issueInvoice(tx, pledge, { start: pledge.covered_until, end })
  await tx
    .updateTable('pledge')
    .set({ months_invoiced: months, covered_until: end })
    .where('id', '=', pledge.id)
    .execute()
}
