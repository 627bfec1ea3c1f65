// Manifest of billing: readers support authors month by month.
import { defineModule, op } from '@footing/core'
import { cron, schedule } from '@footing/core/cron'
import { z } from 'zod'
import { contentEvents } from '../content/content.events.ts'
import { identity } from '../identity/identity.module.ts'
import { page, rowId, visibleText } from '../realworld/text.ts'
import { personal } from './personal.ts'
import { invoice, invoicePage, newPlan, plan, pledge, support } from './pledge.ts'

const author = visibleText({ max: 200 })
const byReader = z.object({ readerId: rowId, author })
const idempotent = { idempotent: true } as const

export const billing = defineModule('billing', {
  owner: '@conduit/payments',
  needs: [identity],
  // Content needs billing, so billing knows of its articles by what it announces.
  hears: [contentEvents],
  port: {
    setPlan: op({ ...idempotent, in: z.object({ authorId: rowId, plan: newPlan }), out: plan }),
    plan: op({ ...idempotent, in: z.object({ author }), out: plan }),
    // Not idempotent: each success is the start of a new pledge with a first invoice.
    pledge: op({ in: byReader, out: pledge, deadline: '2s' }),
    endPledge: op({ in: byReader, out: pledge, deadline: '2s' }),
    pledges: op({ ...idempotent, in: z.object({ readerId: rowId }), out: z.array(pledge) }),
    support: op({ ...idempotent, in: z.object({ authorId: rowId }), out: support }),
    invoices: op({
      ...idempotent,
      in: z.object({ readerId: rowId, ...page }),
      out: invoicePage,
    }),
    pay: op({ ...idempotent, in: z.object({ readerId: rowId, invoiceId: rowId }), out: invoice }),
    // Not idempotent: it issues nothing twice, but its answer counts what this very call has issued.
    issueDue: op({ out: z.object({ issued: z.int() }), deadline: '60s' }),
    // What content asks. Billing never asks content: the arrow points one way.
    supports: op({
      ...idempotent,
      in: z.object({ readerId: rowId, authorId: rowId }),
      out: z.object({ supports: z.boolean() }),
    }),
  },
  // Each night, because a pledge is due on any day of the month; what an outage left out is made up for once.
  uses: [cron({ invoices: schedule({ at: '0 3 * * *', zone: 'Europe/Berlin', call: 'issueDue', timeout: '60s' }) })],
  tables: ['plan', 'pledge', 'invoice', 'publication'],
  access: {
    invoice: { key: 'id', reads: true, values: true },
    pledge: { key: 'id' },
  },
  personal,
  migrations: new URL('./migrations/', import.meta.url),
})
