// One PostgreSQL for all servers of the comparison: the product's own, with the example's tables and 10,000 articles in them.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startEmbeddedPostgres } from '@footing/core/servers'
import pg from 'pg'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Environment that every server of the comparison is started with. */
export interface BenchDatabase {
  readonly url: string
  readonly stop: () => Promise<void>
}

// Nothing that a disk or a housekeeper decides: the servers are compared, not the database.
const settings = {
  shared_buffers: '512MB',
  fsync: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  max_connections: '300',
}

/** Starts it on `core` and applies the example's migrations. */
export async function startDatabase(secret: string, core: number | undefined): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'footing-bench-'))
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    resolveFrom: [import.meta.url],
    database: 'conduit',
    settings,
    temporary: true,
  })
  const [pid = ''] = (await readFile(join(server.dataFolder, 'postmaster.pid'), 'utf8')).split('\n')
  if (core !== undefined) await run('taskset', ['-a', '-c', '-p', String(core), pid])
  const env = { ...process.env, DATABASE_URL: server.url, TOKEN_SECRET: secret }
  await run(process.execPath, [join(root, 'packages/cli/bin/footing.js'), 'migrate', 'up', 'examples/conduit'], {
    cwd: root,
    env,
  })
  return { url: server.url, stop: () => server.stop() }
}

/** 1,000 accounts, 10,000 articles with tags and favourites, everybody follows ten. The first account exists already. */
export async function fillDatabase(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  for (const statement of rows) await client.query(statement)
  await client.end()
}

const rows = [
  `insert into identity.account (username, email, password_hash, bio, image)
   select 'writer-' || n, 'writer-' || n || '@example.com', 'none', 'Writes about subject ' || n, 'https://example.com/' || n || '.png'
   from generate_series(2, 1000) n`,
  `insert into content.article (slug, title, description, body, author_id, tag_list)
   select 'article-' || n, 'Article ' || n, 'About ' || n || ', in one sentence of a usual length', repeat('word ', 200),
     1 + n % 1000, array['tag-' || n % 100, 'topic-' || n % 7] from generate_series(1, 10000) n`,
  'insert into content.article_tag (tag, article_id) select unnest(tag_list), id from content.article',
  `insert into content.tally (kind, subject, slot, articles)
   select 'all', '', id % 16, count(*) from content.article group by 3
   union all select 'author', author_id::text, id % 16, count(*) from content.article group by 2, 3
   union all select 'tag', tag, article_id % 16, count(*) from content.article_tag group by 2, 3`,
  `insert into content.favorite (reader_id, article_id)
   select 1 + (n * 7 + k) % 1000, n from generate_series(1, 10000) n, generate_series(1, 3) k on conflict do nothing`,
  'update content.article set favorites_count = (select count(*) from content.favorite where article_id = article.id)',
  `insert into identity.follow (follower_id, author_id)
   select a, 1 + (a + k * 13) % 1000 from generate_series(1, 1000) a, generate_series(1, 10) k
   where a <> 1 + (a + k * 13) % 1000 on conflict do nothing`,
  'vacuum analyze',
]
