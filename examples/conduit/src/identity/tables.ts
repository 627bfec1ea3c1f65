// The tables of identity, as the query layer types them. A bigint arrives as text.
import type { Generated } from 'kysely'

export interface IdentityTables {
  account: {
    id: Generated<string>
    username: string
    email: string
    password_hash: string
    bio: Generated<string>
    image: Generated<string>
    created_at: Generated<Date>
    updated_at: Generated<Date>
  }
  follow: {
    follower_id: string
    author_id: string
    created_at: Generated<Date>
  }
}
