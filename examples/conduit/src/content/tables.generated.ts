// Written by: footing migrate types. The tables and views of content, and the views of others that it declares to read.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

/** Larger than a number holds exactly: arrives as text, may be written as text, number or bigint. */
type BigInteger = ColumnType<string, string | number | bigint, string | number | bigint>

/** An Instant that the server fills in when it is left out. */
type OptionalInstant = ColumnType<Date, Date | string | undefined, Date | string>

export interface ContentTables {
  article: {
    id: GeneratedAlways<string>
    slug: string
    title: string
    description: string
    body: string
    tag_list: Generated<string[]>
    author_id: BigInteger
    supporters_only: Generated<boolean>
    favorites_count: Generated<number>
    created_at: OptionalInstant
    updated_at: OptionalInstant
  }
  article_tag: {
    tag: string
    article_id: BigInteger
  }
  comment: {
    id: GeneratedAlways<string>
    article_id: BigInteger
    author_id: BigInteger
    body: string
    created_at: OptionalInstant
    updated_at: OptionalInstant
  }
  favorite: {
    reader_id: BigInteger
    article_id: BigInteger
  }
  tally: {
    kind: 'all' | 'author' | 'tag'
    subject: string
    slot: number
    articles: BigInteger
  }
  'identity.profile_card': {
    id: ColumnType<string, never, never>
    username: ColumnType<string, never, never>
    bio: ColumnType<string, never, never>
    image: ColumnType<string, never, never>
  }
  'identity.following': {
    follower_id: ColumnType<string, never, never>
    author_id: ColumnType<string, never, never>
  }
}
