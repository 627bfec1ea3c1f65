// Demo data for a first look: a few marked accounts and articles, written through the ports like anybody's.
import { randomBytes } from 'node:crypto'
import type { PortOf } from '@footing/core'
import type { billing } from '../billing/billing.module.ts'
import type { identity } from '../identity/identity.module.ts'
import type { content } from './content.module.ts'

/** Fills an application that has no article yet; otherwise does nothing. */
export async function seedDemo(
  accounts: PortOf<typeof identity>,
  money: PortOf<typeof billing>,
  articles: PortOf<typeof content>,
): Promise<void> {
  const { articlesCount } = await articles.list({ limit: 1, offset: 0 })
  if (articlesCount > 0) return
  const ids = new Map<string, string>()
  for (const { name, bio } of people) ids.set(name, await open(accounts, name, bio))
  const idOf = (name: string) => ids.get(name) as string // every name below is one of `people`
  await money.setPlan({ authorId: idOf('demo-ada'), plan: { amountCents: 500 } })
  for (const { author, ...article } of texts) {
    await articles.publish({ authorId: idOf(author), article: { ...article, tagList: [...article.tagList, 'demo'] } })
  }
  await accounts.follow({ username: 'demo-ada', followerId: idOf('demo-grace') })
  await articles.favorite({ slug: 'start-with-one-process', readerId: idOf('demo-grace') })
  await articles.addComment({
    slug: 'start-with-one-process',
    authorId: idOf('demo-grace'),
    comment: { body: 'And measure before you split it.' },
  })
}

/** Nobody knows the password: it is random and forgotten, so demo accounts are no way in. */
async function open(accounts: PortOf<typeof identity>, name: string, bio: string): Promise<string> {
  const password = randomBytes(24).toString('base64url')
  const { account } = await accounts.register({ username: name, email: `${name}@example.com`, password })
  await accounts.changeAccount({ id: account.id, changes: { bio: `Demo account. ${bio}` } })
  return account.id
}

const people = [
  { name: 'demo-ada', bio: 'Writes about what holds a back end up.' },
  { name: 'demo-grace', bio: 'Reads, follows, comments.' },
]

const texts = [
  {
    author: 'demo-ada',
    title: 'Start with one process',
    description: 'Modules first, services when a measurement asks for them.',
    body: 'A module with a port is a service that has not been moved yet. Moving it later is a setting.',
    tagList: ['architecture'],
  },
  {
    author: 'demo-ada',
    title: 'Page by index',
    description: 'A list that sorts is a list that slows down.',
    body: 'Let the index hold the order of the list; then a page costs the same in a small table and in a large one.',
    tagList: ['postgres'],
  },
  {
    author: 'demo-ada',
    title: 'Notes for supporters',
    description: 'What is being measured this month.',
    body: 'If you can read this, you support demo-ada. Thank you.',
    tagList: ['notes'],
    supportersOnly: true,
  },
]
