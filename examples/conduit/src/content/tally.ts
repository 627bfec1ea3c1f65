// Keeps the totals of articles: in all, by author, by tag.
import type { Transaction } from '@footing/core'
import { sql } from 'kysely'
import type { ContentTables } from './tables.generated.ts'

/** What an article counts towards. */
export interface Tallied {
  readonly id: string
  readonly author_id: string
  readonly tag_list: readonly string[]
}

type TallyKind = ContentTables['tally']['kind']

const slots = 16n

/**
 * Adds `change` (1 or -1) for one article, as the last statement of its transaction. The rows are written in one
 * order, so that two writers wait for each other at worst and never deadlock.
 */
export async function countArticle(tx: Transaction<ContentTables>, article: Tallied, change: 1 | -1): Promise<void> {
  const slot = Number(BigInt(article.id) % slots)
  const row = (kind: TallyKind, subject: string) => ({ kind, subject, slot, articles: change })
  const tags = [...new Set(article.tag_list)].sort()
  await tx
    .insertInto('tally')
    .values([row('all', ''), row('author', article.author_id), ...tags.map((tag) => row('tag', tag))])
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject', 'slot']).doUpdateSet({ articles: sql`tally.articles + excluded.articles` }),
    )
    .execute()
}
