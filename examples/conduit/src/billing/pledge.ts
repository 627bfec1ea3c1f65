// What a plan, a pledge and an invoice are, for callers of the module.
import { z } from 'zod'

const cents = z.int().min(100, 'must be at least 100').max(100_000, 'must be at most 100000')
const money = { amountCents: cents, currency: z.string().length(3) }
const day = z.iso.date()

/** What an author asks of a supporter each month. */
export const newPlan = z.object({ amountCents: cents })
export const plan = z.object({ author: z.string(), ...money })

/** A reader's monthly support of one author; an ended one still opens articles until `coveredUntil`. */
export const pledge = z.object({
  author: z.string(),
  ...money,
  startedOn: day,
  coveredUntil: day,
  ended: z.boolean(),
})
export type Pledge = z.infer<typeof pledge>

/** A bill for one month; `articles` counts what the author published for supporters in the month before. */
export const invoice = z.object({
  id: z.string(),
  author: z.string(),
  periodStart: day,
  periodEnd: day,
  ...money,
  articles: z.int(),
  issuedAt: z.iso.datetime(),
  paidAt: z.iso.datetime().nullable(),
})
export type Invoice = z.infer<typeof invoice>

export const invoicePage = z.object({ invoices: z.array(invoice), invoicesCount: z.int() })

/** How many support an author, and what they pay together in a month. */
export const support = z.object({ supporters: z.int(), monthlyCents: z.int() })
