// The routes of billing: plans, pledges and invoices.
import { type PortOf, route } from '@footing/core'
import { z } from 'zod'
import { largestPage, pageQuery, rowId, visibleText } from '../realworld/text.ts'
import type { billing } from './billing.module.ts'
import { invoice, invoicePage, newPlan, plan, pledge, support } from './pledge.ts'

const tags = ['Billing']
const named = z.object({ username: visibleText({ max: 200 }) })
const pledgeAnswer = z.object({ pledge })

export function billingRoutes(self: PortOf<typeof billing>) {
  return [
    route({
      method: 'PUT',
      path: '/plan',
      operationId: 'SetPlan',
      summary: 'Say what a month of support costs',
      tags,
      body: z.object({ plan: newPlan }),
      out: z.object({ plan }),
      handle: async ({ user, body }) => ({ plan: await self.setPlan({ authorId: user.id, plan: body.plan }) }),
    }),
    route({
      method: 'GET',
      path: '/profiles/:username/plan',
      operationId: 'GetPlan',
      summary: 'What a month of support of this author costs',
      tags,
      auth: 'none',
      params: named,
      out: z.object({ plan }),
      handle: async ({ params }) => ({ plan: await self.plan({ author: params.username }) }),
    }),
    route({
      method: 'POST',
      path: '/profiles/:username/pledge',
      operationId: 'StartPledge',
      summary: 'Support an author from today; the first month is invoiced at once',
      tags,
      params: named,
      out: pledgeAnswer,
      status: 201,
      handle: async ({ user, params }) => ({
        pledge: await self.pledge({ readerId: user.id, author: params.username }),
      }),
    }),
    route({
      method: 'DELETE',
      path: '/profiles/:username/pledge',
      operationId: 'EndPledge',
      summary: 'Stop supporting an author at the end of the month that is invoiced',
      tags,
      params: named,
      out: pledgeAnswer,
      handle: async ({ user, params }) => ({
        pledge: await self.endPledge({ readerId: user.id, author: params.username }),
      }),
    }),
    route({
      method: 'GET',
      path: '/pledges',
      operationId: 'GetPledges',
      summary: 'Whom the user supports',
      tags,
      out: z.object({ pledges: z.array(pledge) }),
      handle: async ({ user }) => ({ pledges: await self.pledges({ readerId: user.id }) }),
    }),
    route({
      method: 'GET',
      path: '/support',
      operationId: 'GetSupport',
      summary: 'How many support the user, and with how much',
      tags,
      out: z.object({ support }),
      handle: async ({ user }) => ({ support: await self.support({ authorId: user.id }) }),
    }),
    route({
      method: 'GET',
      path: '/invoices',
      operationId: 'GetInvoices',
      summary: 'Invoices of the user, newest first',
      tags,
      query: pageQuery,
      out: invoicePage,
      handle: ({ user, query }) =>
        self.invoices({ readerId: user.id, offset: query.offset, limit: Math.min(query.limit, largestPage) }),
    }),
    route({
      method: 'POST',
      path: '/invoices/:id/payment',
      operationId: 'PayInvoice',
      summary: 'Pay an invoice; again changes nothing',
      tags,
      params: z.object({ id: rowId }),
      out: z.object({ invoice }),
      status: 200,
      handle: async ({ user, params }) => ({ invoice: await self.pay({ readerId: user.id, invoiceId: params.id }) }),
    }),
  ]
}
