// What becomes of articles and favourites when a person is erased: both count towards totals that have to stay right.
import { eraseBy } from '@footing/core/records'
import { sql } from 'kysely'
import type { ContentTables } from './tables.generated.ts'
import { countArticle } from './tally.ts'

/** Deletes a person's articles with everything that hangs on them, and takes them out of the totals. */
export const eraseArticles = eraseBy<ContentTables>(async (tx, subject, most) => {
  const some = tx
    .selectFrom('article')
    .select('id')
    .where('author_id', '=', subject)
    .orderBy('id')
    .limit(Math.min(most, 50))
    .forUpdate()
  const removed = await tx
    .deleteFrom('article')
    .where('id', 'in', some)
    .returning(['id', 'author_id', 'tag_list'])
    .execute()
  for (const article of removed) await countArticle(tx, article, -1)
  return removed.length
})

/** Takes a person's marks back, and out of the count of each article. */
export const eraseFavorites = eraseBy<ContentTables>(async (tx, subject, most) => {
  const marked = await tx
    .selectFrom('favorite')
    .select('article_id')
    .where('reader_id', '=', subject)
    .orderBy('article_id')
    .limit(most)
    .execute()
  if (marked.length === 0) return 0
  const ids = marked.map(({ article_id }) => article_id)
  // Articles are locked before their marks, in one order, as everywhere else in this module.
  await tx.selectFrom('article').select('id').where('id', 'in', ids).orderBy('id').forNoKeyUpdate().execute()
  const taken = await tx
    .deleteFrom('favorite')
    .where('reader_id', '=', subject)
    .where('article_id', 'in', ids)
    .returning('article_id')
    .execute()
  if (taken.length === 0) return marked.length
  await tx
    .updateTable('article')
    .set({ favorites_count: sql`favorites_count - 1` })
    .where(
      'id',
      'in',
      taken.map(({ article_id }) => article_id),
    )
    .execute()
  return taken.length
})
