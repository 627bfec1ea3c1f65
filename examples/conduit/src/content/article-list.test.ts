import { type DataSource, type MigrationSource, openDataSource } from '@footing/core/data'
import { createTestDatabase, type TestDatabase } from '@footing/core/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app } from '../app.ts'
import { articleCountQuery, articlePageQuery, type ListSelection } from './article-list.ts'
import { ArticleRepository } from './article-repository.ts'
import type { ContentTables } from './tables.generated.ts'

const articlesInAll = 20_000
const accounts = 10_000
const authors = 400

let database: TestDatabase
let dataSource: DataSource
let articles: ArticleRepository

// Lists announce nothing.
const noEvents = Object.assign(async () => undefined, { in: async () => undefined })

beforeAll(async () => {
  database = await createTestDatabase({ migrations: migrationsOf() })
  dataSource = openDataSource({ url: database.url })
  articles = new ArticleRepository(dataSource.forModule<ContentTables>('content'), noEvents)
  await fill()
})

afterAll(async () => {
  await dataSource?.close()
  await database?.drop()
})

const lists: Readonly<Record<string, ListSelection>> = {
  'all articles': { kind: 'all', filter: {} },
  'a frequent tag': { kind: 'all', filter: { tag: 'tag-0' } },
  'a rare tag': { kind: 'all', filter: { tag: 'rare' } },
  'an author': { kind: 'all', filter: { author: 'Writer-7' } },
  'favourites of a reader': { kind: 'all', filter: { favorited: 'writer-3' } },
  'a tag of an author': { kind: 'all', filter: { tag: 'tag-0', author: 'writer-10' } },
  'favourites with a tag': { kind: 'all', filter: { tag: 'tag-1', favorited: 'writer-3' } },
  'a feed of few': { kind: 'feed', readerId: '1' },
  'a feed of many': { kind: 'feed', readerId: '2' },
}

describe.each(Object.entries(lists))('the list of %s', (_name, selection) => {
  test.each([0, 500])('is read by index from offset %i, not by scanning and sorting the table', async (offset) => {
    const db = dataSource.forModule<ContentTables>('content')
    const page = articlePageQuery(db.read(), selection, { limit: 20, offset }, '5').compile()
    const plan = await planOf(page.sql, page.parameters)
    expect(sequentialScans(plan), drawing(plan)).toEqual([])
    expect(rowsSorted(plan), drawing(plan)).toBeLessThanOrEqual(articlesInAll / 20)
  })

  test('has a total that does not scan the articles', async () => {
    const db = dataSource.forModule<ContentTables>('content')
    const count = articleCountQuery(db.read(), selection).compile()
    const plan = await planOf(count.sql, count.parameters)
    expect(sequentialScans(plan), drawing(plan)).toEqual([])
  })

  test('joined page by page is the whole list, in order, and as long as its total', async () => {
    const total = await articles.count(selection)
    const whole = await pages(selection, 1000, total)
    expect(whole).toHaveLength(total)
    expect(whole).toEqual([...whole].sort((a, b) => b - a))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), fc.nat({ max: 300 }), async (limit, from) => {
        const start = Math.min(from, total)
        const end = Math.min(start + 3 * limit, total)
        const joined: number[] = []
        for (let offset = start; offset < end; offset += limit) joined.push(...(await idsOf(selection, limit, offset)))
        expect(joined).toEqual(whole.slice(start, start + Math.ceil((end - start) / limit) * limit))
      }),
      { numRuns: 10 },
    )
  })
})

test('a page past the end and a name that nobody has are empty lists', async () => {
  expect(await idsOf({ kind: 'all', filter: {} }, 20, articlesInAll)).toEqual([])
  for (const filter of [{ author: 'nobody' }, { favorited: 'nobody' }, { tag: 'nothing' }]) {
    expect(await idsOf({ kind: 'all', filter }, 20, 0)).toEqual([])
    expect(await articles.count({ kind: 'all', filter })).toBe(0)
  }
})

async function pages(selection: ListSelection, limit: number, total: number): Promise<number[]> {
  const ids: number[] = []
  for (let offset = 0; offset <= total; offset += limit) ids.push(...(await idsOf(selection, limit, offset)))
  return ids
}

async function idsOf(selection: ListSelection, limit: number, offset: number): Promise<number[]> {
  return (await articles.page(selection, { limit, offset })).map(({ id }) => Number(id))
}

function migrationsOf(): MigrationSource[] {
  return app.modules.flatMap(({ name, needs, migrations }) =>
    migrations === undefined ? [] : [{ module: name, needs: needs.map((needed) => needed.name), folder: migrations }],
  )
}

/** Fills the database with SQL: 10,000 accounts of whom 400 write, 20,000 articles, tags, favourites, two kinds of followers. */
async function fill(): Promise<void> {
  const identity = dataSource.forModule('identity')
  const content = dataSource.forModule('content')
  await identity.query(
    `insert into identity.account (username, email, password_hash)
     select 'writer-' || n, 'writer-' || n || '@example.com', 'none' from generate_series(1, ${accounts}) n`,
  )
  await identity.query(
    `insert into identity.follow (follower_id, author_id)
     select 1, n from generate_series(10, 14) n union all select 2, n from generate_series(3, ${authors}) n`,
  )
  await content.query(
    `insert into content.article (slug, title, description, body, author_id, tag_list)
     select 'a-' || n, 'Article ' || n, 'About ' || n, repeat('text ', 200), 1 + n % ${authors},
       array['tag-' || n % 10] || case when n % 997 = 0 then array['rare'] else '{}' end
     from generate_series(1, ${articlesInAll}) n`,
  )
  await content.query(
    'insert into content.article_tag (tag, article_id) select unnest(tag_list), id from content.article',
  )
  await content.query(
    `insert into content.favorite (reader_id, article_id)
     select r, id from content.article, generate_series(1, 4) r where (id + r) % 5 = 0`,
  )
  await content.query(
    `insert into content.tally (kind, subject, slot, articles)
     select 'all', '', id % 16, count(*) from content.article group by 3
     union all select 'author', author_id::text, id % 16, count(*) from content.article group by 2, 3
     union all select 'tag', tag, article_id % 16, count(*) from content.article_tag group by 2, 3
     union all select 'author', n::text, 0, 0 from generate_series(${authors + 1}, ${accounts}) n`,
  )
  // Filled in one go as here, the order of the rows tells the planner nothing it could rely on later; statistics do.
  for (const table of ['identity.account', 'identity.follow', 'content.article', 'content.article_tag']) {
    await content.query(`analyze ${table}`)
  }
  for (const table of ['content.favorite', 'content.tally']) await content.query(`analyze ${table}`)
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly Plans?: readonly PlanNode[]
}

async function planOf(sql: string, values: readonly unknown[]): Promise<readonly PlanNode[]> {
  const [row] = await dataSource
    .forModule('content')
    .query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(`explain (analyze, timing off, format json) ${sql}`, values)
  return nodesBelow(row!['QUERY PLAN'][0]!.Plan)
}

function nodesBelow(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesBelow)]
}

function drawing(plan: readonly PlanNode[]): string {
  return plan
    .map(
      (node) => `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name'] ?? ''} rows=${node['Actual Rows']}`,
    )
    .join('\n')
}

/** Tables that grow with use and are read from end to end. */
function sequentialScans(plan: readonly PlanNode[]): readonly string[] {
  const growing = ['article', 'article_tag', 'favorite', 'account', 'tally']
  return plan
    .filter((node) => node['Node Type'] === 'Seq Scan' && growing.includes(node['Relation Name'] ?? ''))
    .map((node) => node['Relation Name'] ?? '')
}

function rowsSorted(plan: readonly PlanNode[]): number {
  const sorts = plan.filter((node) => node['Node Type'] === 'Sort')
  return Math.max(0, ...sorts.flatMap((node) => (node.Plans ?? []).map((below) => below['Actual Rows'])))
}
