// The routes of billing: plans, pledges and invoices.
import { route } from '@footing/core'
import { billing } from './billing.module.ts'

const { port } = billing
const tags = ['Billing']
const ofProfile = { tags, path: '/profiles/:username/pledge', errors: [404] } as const

export const billingRoutes = [
  route({
    method: 'PUT',
    path: '/plan',
    operationId: 'SetPlan',
    summary: 'Say what a month of support costs',
    tags,
    call: port.setPlan,
    input: ({ user, body }) => ({ authorId: user.id, plan: body.plan }),
    answer: (plan) => ({ plan }),
  }),
  route({
    method: 'GET',
    path: '/profiles/:username/plan',
    operationId: 'GetPlan',
    summary: 'What a month of support of this author costs',
    tags,
    errors: [404],
    auth: 'none',
    call: port.plan,
    input: ({ params }) => ({ author: params.username }),
    answer: (plan) => ({ plan }),
  }),
  route({
    ...ofProfile,
    method: 'POST',
    operationId: 'StartPledge',
    summary: 'Support an author from today; the first month is invoiced at once',
    status: 201,
    call: port.pledge,
    input: ({ user, params }) => ({ readerId: user.id, author: params.username }),
    answer: (pledge) => ({ pledge }),
  }),
  route({
    ...ofProfile,
    method: 'DELETE',
    operationId: 'EndPledge',
    summary: 'Stop supporting an author at the end of the month that is invoiced',
    call: port.endPledge,
    input: ({ user, params }) => ({ readerId: user.id, author: params.username }),
    answer: (pledge) => ({ pledge }),
  }),
  route({
    method: 'GET',
    path: '/pledges',
    operationId: 'GetPledges',
    summary: 'Whom the user supports',
    tags,
    call: port.pledges,
    input: ({ user }) => ({ readerId: user.id }),
    answer: (pledges) => ({ pledges }),
  }),
  route({
    method: 'GET',
    path: '/support',
    operationId: 'GetSupport',
    summary: 'How many support the user, and with how much',
    tags,
    call: port.support,
    input: ({ user }) => ({ authorId: user.id }),
    answer: (support) => ({ support }),
  }),
  route({
    method: 'GET',
    path: '/invoices',
    operationId: 'GetInvoices',
    summary: 'Invoices of the user, newest first',
    tags,
    call: port.invoices,
    input: ({ user, query }) => ({ ...query, readerId: user.id }),
  }),
  route({
    method: 'POST',
    path: '/invoices/:id/payment',
    operationId: 'PayInvoice',
    summary: 'Pay an invoice; again changes nothing',
    tags,
    errors: [404],
    call: port.pay,
    input: ({ user, params }) => ({ readerId: user.id, invoiceId: params.id }),
    answer: (invoice) => ({ invoice }),
  }),
]
