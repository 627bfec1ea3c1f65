// Manifest of billing: readers support authors month by month.
import { defineModule, op } from '@footing/core'
import { z } from 'zod'
import { identity } from '../identity/identity.module.ts'
import { largestPage, rowId } from '../realworld/text.ts'
import { invoice, invoicePage, newPlan, plan, pledge, support } from './pledge.ts'

const byReader = z.object({ readerId: rowId, author: z.string() })
const invoicesStay = { why: 'accounts have to be kept by tax law', until: 'ten years after the year of the invoice' }
const idempotent = { idempotent: true } as const

export const billing = defineModule('billing', {
  owner: '@conduit/payments',
  needs: [identity],
  port: {
    setPlan: op({ ...idempotent, in: z.object({ authorId: rowId, plan: newPlan }), out: plan }),
    plan: op({ ...idempotent, in: z.object({ author: z.string() }), out: plan }),
    // Not idempotent: each success is the start of a new pledge with a first invoice.
    pledge: op({ in: byReader, out: pledge, deadline: '2s' }),
    endPledge: op({ in: byReader, out: pledge, deadline: '2s' }),
    pledges: op({ ...idempotent, in: z.object({ readerId: rowId }), out: z.array(pledge) }),
    support: op({ ...idempotent, in: z.object({ authorId: rowId }), out: support }),
    invoices: op({
      ...idempotent,
      in: z.object({ readerId: rowId, limit: z.int().min(1).max(largestPage), offset: z.int().min(0) }),
      out: invoicePage,
    }),
    pay: op({ ...idempotent, in: z.object({ readerId: rowId, invoiceId: rowId }), out: invoice }),
    // Not idempotent: it issues nothing twice, but its answer counts what this very call has issued.
    issueDue: op({ out: z.object({ issued: z.int() }), deadline: '60s' }),
    // What content asks and tells. Billing never asks content: the arrow points one way.
    supports: op({
      ...idempotent,
      in: z.object({ readerId: rowId, authorId: rowId }),
      out: z.object({ supports: z.boolean() }),
    }),
    announceArticle: op({
      ...idempotent,
      in: z.object({ articleId: rowId, authorId: rowId, supportersOnly: z.boolean() }),
    }),
  },
  tables: ['plan', 'pledge', 'invoice', 'publication'],
  access: {
    invoice: { key: 'id', reads: true, values: true },
    pledge: { key: 'id' },
  },
  personal: {
    plan: {
      subject: 'author_id',
      key: 'author_id',
      columns: { amount_cents: 'keep', currency: 'keep', updated_at: 'keep' },
      erase: 'delete',
    },
    // Ended, not deleted: an invoice stands on it.
    pledge: {
      subject: ['reader_id', 'author_id'],
      columns: {
        amount_cents: 'keep',
        currency: 'keep',
        started_on: 'keep',
        months_invoiced: 'keep',
        covered_until: 'keep',
        ended_at: 'keep',
      },
      erase: 'by-module',
      keep: invoicesStay,
    },
    invoice: {
      subject: ['reader_id', 'author_id'],
      columns: {
        pledge_id: 'keep',
        period_start: 'keep',
        period_end: 'keep',
        amount_cents: 'keep',
        currency: 'keep',
        articles: 'keep',
        issued_at: 'keep',
        paid_at: 'keep',
      },
      erase: 'keep',
      keep: invoicesStay,
    },
    publication: {
      subject: 'author_id',
      key: 'article_id',
      columns: { published_on: 'keep' },
      erase: 'delete',
    },
  },
  migrations: new URL('./migrations/', import.meta.url),
})
