// The tables of content, and the views of identity that it declares to read, as the query layer types them.
import type { Generated } from 'kysely'

export interface ContentTables {
  article: {
    id: Generated<string>
    slug: string
    title: string
    description: string
    body: string
    tag_list: string[]
    author_id: string
    supporters_only: boolean
    favorites_count: Generated<number>
    created_at: Generated<Date>
    updated_at: Generated<Date>
  }
  article_tag: { tag: string; article_id: string }
  favorite: { reader_id: string; article_id: string }
  comment: {
    id: Generated<string>
    article_id: string
    author_id: string
    body: string
    created_at: Generated<Date>
    updated_at: Generated<Date>
  }
  tally: { kind: TallyKind; subject: string; slot: number; articles: string | number }
  'identity.profile_card': { id: string; username: string; bio: string; image: string }
  'identity.following': { follower_id: string; author_id: string }
}

/** What articles are counted by. */
export type TallyKind = 'all' | 'author' | 'tag'
