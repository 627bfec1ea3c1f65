// Implementation of billing.
import { type EventFacts, type Implementation, implement } from '@footing/core'
import { fault } from '../realworld/fault.ts'
import { billing } from './billing.module.ts'
import { billingErrors } from './errors.ts'
import { billingRoutes } from './http.ts'
import { addPublication, InvoiceRepository, type InvoiceRow, withdrawPublication } from './invoice-repository.ts'
import { dateOf } from './month.ts'
import type { Invoice, Pledge } from './pledge.ts'
import { erasePledges, PledgeRepository, type PledgeRow } from './pledge-repository.ts'
import type { BillingTables } from './tables.generated.ts'

/** What content says of an article that concerns billing. */
interface Announced {
  readonly articleId: string
  readonly authorId: string
  readonly supportersOnly: boolean
}

export const billingModule = implement(billing, ({ database, ports, clock }): Implementation<typeof billing> => {
  const db = database<BillingTables>()
  const pledges = new PledgeRepository(db)
  const invoices = new InvoiceRepository(db)
  const today = () => dateOf(clock.now())

  /** The names of many accounts, in one call whatever their number. */
  async function namesOf(ids: readonly string[]): Promise<(id: string) => string> {
    const cards = await ports.identity.profiles({ ids: [...new Set(ids)] })
    const names = new Map(cards.map(({ id, username }) => [id, username]))
    return (id) => names.get(id) ?? 'gone'
  }

  /** @throws profile-missing, plan-missing */
  async function planOf(author: string) {
    const card = await ports.identity.findProfile({ username: author })
    const plan = await pledges.plan(card.id)
    if (plan === undefined) throw billingErrors('plan-missing', fault('plan', 'not found'))
    return { card, plan }
  }

  async function announce({ articleId, authorId, supportersOnly }: Announced, event: EventFacts): Promise<void> {
    // One that was never for supporters only is none of billing's business.
    if (!supportersOnly && event.name === 'content.published') return
    await db.transaction(async (tx) => {
      await event.once(tx, () =>
        supportersOnly
          ? addPublication(tx, { articleId, authorId, on: dateOf(event.at) })
          : withdrawPublication(tx, articleId),
      )
    })
  }

  return {
    port: {
      async setPlan({ authorId, plan: { amountCents } }) {
        const plan = await pledges.setPlan(authorId, amountCents)
        const nameOf = await namesOf([authorId])
        return { author: nameOf(authorId), amountCents: plan.amount_cents, currency: plan.currency }
      },

      async plan({ author }) {
        const { card, plan } = await planOf(author)
        return { author: card.username, amountCents: plan.amount_cents, currency: plan.currency }
      },

      async pledge({ readerId, author }) {
        const { card, plan } = await planOf(author)
        if (card.id === readerId) throw billingErrors('self-support', fault('author', "can't be yourself"))
        return toPledge(await pledges.start(readerId, plan, today()), card.username)
      },

      async endPledge({ readerId, author }) {
        const card = await ports.identity.findProfile({ username: author })
        const ended = await pledges.end(readerId, card.id)
        if (ended === undefined) throw billingErrors('pledge-missing', fault('pledge', 'not found'))
        return toPledge(ended, card.username)
      },

      async pledges({ readerId }) {
        const rows = await pledges.ofReader(readerId)
        const nameOf = await namesOf(rows.map((row) => row.author_id))
        return rows.map((row) => toPledge(row, nameOf(row.author_id)))
      },

      support: ({ authorId }) => pledges.supportOf(authorId),

      async invoices({ readerId, ...page }) {
        const [rows, invoicesCount] = await Promise.all([invoices.page(readerId, page), invoices.count(readerId)])
        const nameOf = await namesOf(rows.map((row) => row.author_id))
        return { invoices: rows.map((row) => toInvoice(row, nameOf(row.author_id))), invoicesCount }
      },

      async pay({ readerId, invoiceId }) {
        const paid = await invoices.pay(readerId, invoiceId)
        if (paid === undefined) throw billingErrors('invoice-missing', fault('invoice', 'not found'))
        const nameOf = await namesOf([paid.author_id])
        return toInvoice(paid, nameOf(paid.author_id))
      },

      async issueDue() {
        let issued = 0
        for (let some = -1; some !== 0; issued += some) some = await pledges.issueSome(today())
        return { issued }
      },

      async supports({ readerId, authorId }) {
        return { supports: await pledges.supports(readerId, authorId, today()) }
      },
    },

    // Supporters pay for articles: what is for them is counted on the day it was published, once, whatever comes twice.
    on: {
      'content.published': {
        from: 'beginning',
        handle: (article, _context, event) => announce(article, event),
      },
      'content.accessChanged': { from: 'beginning', handle: (article, _context, event) => announce(article, event) },
      'content.withdrawn': {
        from: 'beginning',
        handle: ({ articleId }, _context, event) =>
          db.transaction(async (tx) => {
            await event.once(tx, () => withdrawPublication(tx, articleId))
          }),
      },
    },

    routes: billingRoutes,

    personal: { pledge: erasePledges },
  }
})

function toPledge(row: PledgeRow, author: string): Pledge {
  return {
    author,
    amountCents: row.amount_cents,
    currency: row.currency,
    startedOn: row.started_on,
    coveredUntil: row.covered_until,
    ended: row.ended_at !== null,
  }
}

function toInvoice(row: InvoiceRow, author: string): Invoice {
  return {
    id: row.id,
    author,
    periodStart: row.period_start,
    periodEnd: row.period_end,
    amountCents: row.amount_cents,
    currency: row.currency,
    articles: row.articles,
    issuedAt: row.issued_at.toISOString(),
    paidAt: row.paid_at?.toISOString() ?? null,
  }
}
