// Names: what people are called passes in every script, and nothing passes that looks like somebody else's name.
import { expect, test } from 'vitest'
import { newAccount, username } from './account.ts'
import { canonicalUsername } from './username.ts'

const parsed = (name: string) => username.safeParse(name)
const faultOf = (name: string) => parsed(name).error?.issues[0]?.message

test.each([
  'jo',
  'Jo',
  'jo.doe',
  'jo_doe-1',
  'jo@home',
  'J',
  'müller',
  'Łukasz',
  'иван',
  'γιώργος',
  'محمد',
  'דוד',
  '田中さん',
  '김철수',
  'अमित',
  '李',
])('%s is a name', (name) => expect(parsed(name).data).toBe(name))

test.each([
  ['mallory ', /blanks/],
  [' mallory', /blanks/],
  ['mal lory', /blanks/],
  ['mallory\u00a0', /blanks/],
  ['mal\u200blory', /./],
  ['mal\u200dlory', /./],
  ['mallory\ufe0f', /cannot be seen/],
  ['mal\u00adlory', /./],
  ['\u202emallory', /./],
  ['mallоry', /mix scripts/],
  ['mаllory', /mix scripts/],
  ['malloryד', /mix scripts/],
  ['αdmin', /mix scripts/],
  ['𝐦allory', /disguise/],
  ['ⅿallory', /./],
  ['ſam', /disguise/],
  ['ﬁona', /disguise/],
  ['\u0301mallory', /begin with an accent/],
  ['.', /step in an address/],
  ['..', /step in an address/],
  ['a/b', /\//],
  ['a\\b', /\//],
  ['a?b', /\//],
  ['a#b', /\//],
  ['jo☕', /blanks/],
  ['\0', /NUL/],
  ['', /blank/],
  ['x'.repeat(65), /too long/],
])('%j is none', (name, words) => expect(faultOf(name)).toMatch(words))

test('one name has one form: full-width letters, and accents behind their letter', () => {
  expect(parsed('ｍａｌｌｏｒｙ').data).toBe('mallory')
  expect(parsed('mu\u0308ller').data).toBe('müller')
  for (const name of ['müller', 'ｍａｌｌｏｒｙ', 'ﾔﾏﾀﾞ'])
    expect(canonicalUsername(canonicalUsername(name))).toBe(canonicalUsername(name))
})

test.each([
  ['', true],
  ['https://example.com/a.png', true],
  ['http://example.com/a.png?size=2', true],
  ['javascript:alert(1)', false],
  ['JaVaScRiPt:alert(1)', false],
  [' https://example.com', false],
  ['data:text/html,<script>', false],
  ['https://me:secret@example.com/', false],
  ['//example.com/a.png', false],
  ['a.png', false],
  ['https://', false],
])('the image %j: %s', async (image, good) => {
  const { accountChanges } = await import('./account.ts')
  expect(accountChanges.safeParse({ image }).success).toBe(good)
})

test('a new account has such a name', () => {
  const account = { email: 'jo@example.com', password: 'correct horse' }
  expect(newAccount.safeParse({ ...account, username: 'jo' }).success).toBe(true)
  expect(newAccount.safeParse({ ...account, username: 'jо' }).success).toBe(false)
})
