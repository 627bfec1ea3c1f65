// What the tables of identity hold about people, and what becomes of it when somebody is erased.
import { columns, type PersonalDeclaration } from '@footing/core/module'

const { erase, keep, other, secret } = columns

export const personal: PersonalDeclaration = {
  account: {
    subject: 'id',
    columns: {
      username: { replace: 'gone-{random}' },
      email: { replace: 'gone-{random}@erased.invalid' },
      ...secret('password_hash'),
      ...erase('bio', 'image'),
      ...keep('created_at'),
      ...other('updated_at'),
    },
    erase: 'anonymise',
    keep: { why: 'its number stands in what others wrote and paid', until: 'those rows are gone' },
  },
  follow: {
    subject: ['follower_id', 'author_id'],
    key: ['follower_id', 'author_id'],
    columns: keep('created_at'),
    erase: 'delete',
  },
}
