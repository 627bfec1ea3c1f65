import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OperationId } from './answers.ts'
import { type Newcomer, type RunningConduit, startConduit } from './running-conduit.ts'
import type { CallInput } from './specification-client.ts'

let conduit: RunningConduit
let reader: Newcomer
let author: Newcomer

beforeAll(async () => {
  conduit = await startConduit()
  reader = await conduit.newcomer('reader')
  author = await conduit.newcomer('author')
  await conduit.api.call('FollowUserByUsername', { params: { username: author.username }, token: reader.token })
})

afterAll(() => conduit?.stop())

/** Statements of one request; begin and commit are not counted. */
const expected: readonly (readonly [OperationId, number, CallInput?])[] = [
  ['CreateUser', 1, { body: { user: { username: 'one', email: 'one@example.com', password: 'correct horse' } } }],
  ['Login', 1, { body: { user: { email: 'one@example.com', password: 'correct horse' } } }],
  ['GetCurrentUser', 1],
  ['UpdateCurrentUser', 1, { body: { user: { bio: 'New' } } }],
  ['GetProfileByUsername', 1],
  ['FollowUserByUsername', 2],
  ['UnfollowUserByUsername', 2],
  ['FollowUserByUsername', 2],
  ['GetArticles', 2],
  ['GetArticles', 2, { query: { tag: 'tag-1' } }],
  ['GetArticles', 2, { query: { author: 'author-2' } }],
  ['GetArticles', 2, { query: { favorited: 'reader-1' } }],
  ['GetArticlesFeed', 2],
  ['CreateArticle', 5, { body: { article: { title: 'New one', description: 'd', body: 'b', tagList: ['x', 'y'] } } }],
  ['GetArticle', 1],
  ['UpdateArticle', 3, { body: { article: { body: 'Newer' } } }],
  ['GetArticleComments', 2],
  ['CreateArticleComment', 2, { body: { comment: { body: 'Hello' } } }],
  ['DeleteArticleFavorite', 4],
  ['CreateArticleFavorite', 4],
  ['GetTags', 1],
]

test('each route costs a fixed number of statements, however long its lists are', async () => {
  const table: string[] = []
  for (const size of [2, 40]) {
    await publishUpTo(size)
    const counts = await countEach(size)
    expect(counts).toEqual(expected.map(([id, count, input]) => [label(id, input), count]))
    if (size === 40) table.push(...counts.map(([name, count]) => `${String(count).padStart(3)}  ${name}`))
  }
  process.stdout.write(`statements per request\n${table.join('\n')}\n`)
})

let published = 0

async function publishUpTo(size: number): Promise<void> {
  for (; published < size; published++) {
    const article = {
      title: `Article ${published}`,
      description: 'd',
      body: 'b',
      tagList: ['tag-1', `tag-${published}`],
    }
    const slug = (await conduit.api.call('CreateArticle', { token: author.token, body: { article } })).data.article.slug
    await conduit.api.call('CreateArticleFavorite', { params: { slug }, token: reader.token })
    const comment = { body: `Comment ${published}` }
    await conduit.api.call('CreateArticleComment', {
      params: { slug: 'article-0' },
      token: reader.token,
      body: { comment },
    })
  }
}

async function countEach(size: number): Promise<[string, number][]> {
  const counts: [string, number][] = []
  for (const [id, , input] of expected) {
    conduit.queries.reset()
    const answer = await conduit.api.call(id, {
      params: id.includes('User') || id.includes('Profile') ? { username: author.username } : { slug: 'article-0' },
      token: id === 'UpdateArticle' ? author.token : reader.token,
      ...unique(input, size),
    })
    expect(answer.status, id).toBeLessThan(300)
    expect(conduit.queries.repeated(), id).toEqual([])
    counts.push([label(id, input), conduit.queries.count()])
  }
  return counts
}

/** The same input for the second round, with another name to register. */
function unique(input: CallInput | undefined, size: number): CallInput | undefined {
  const text = JSON.stringify(input)
  return text === undefined ? undefined : (JSON.parse(text.replaceAll('one', `one${size}`)) as CallInput) // what went in
}

function label(id: OperationId, input: CallInput | undefined): string {
  return `${id}${input?.query === undefined ? '' : ` by ${Object.keys(input.query)[0]}`}`
}
