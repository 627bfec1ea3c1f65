// Lists of columns give the same declaration as columns written out one by one.
import { expect, test } from 'vitest'
import { columns } from './personal-columns.ts'
import type { PersonalDeclaration } from './personal-declaration.ts'

const { keep, erase, secret, other } = columns

test('each name gets the rule of its list', () => {
  const account: PersonalDeclaration[string] = {
    subject: 'id',
    columns: {
      name: { replace: 'gone-{random}' },
      ...erase('bio', 'image'),
      ...secret('hash'),
      ...keep('since'),
      ...other('at'),
    },
    erase: 'anonymise',
  }
  expect(account.columns).toEqual({
    name: { replace: 'gone-{random}' },
    bio: 'erase',
    image: 'erase',
    hash: 'secret',
    since: 'keep',
    at: 'other',
  })
  expect(keep()).toEqual({})
})
