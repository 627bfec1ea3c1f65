// What the tables of billing hold about people, and what becomes of it when somebody is erased.
import { columns, type PersonalDeclaration } from '@footing/core/module'

const { keep } = columns
const invoicesStay = { why: 'accounts have to be kept by tax law', until: 'ten years after the year of the invoice' }

export const personal: PersonalDeclaration = {
  plan: {
    subject: 'author_id',
    key: 'author_id',
    columns: keep('amount_cents', 'currency', 'updated_at'),
    erase: 'delete',
  },
  // Ended, not deleted: an invoice stands on it; see pledge-repository.ts.
  pledge: {
    subject: ['reader_id', 'author_id'],
    columns: keep('amount_cents', 'currency', 'started_on', 'months_invoiced', 'covered_until', 'ended_at'),
    erase: 'by-module',
    keep: invoicesStay,
  },
  invoice: {
    subject: ['reader_id', 'author_id'],
    columns: keep(
      'pledge_id',
      'period_start',
      'period_end',
      'amount_cents',
      'currency',
      'articles',
      'issued_at',
      'paid_at',
    ),
    erase: 'keep',
    keep: invoicesStay,
  },
  publication: { subject: 'author_id', key: 'article_id', columns: keep('published_on'), erase: 'delete' },
}
