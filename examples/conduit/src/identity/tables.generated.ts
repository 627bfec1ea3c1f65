// Written by: footing migrate types. The tables and views of identity, and the views of others that it declares to read.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

/** Larger than a number holds exactly: arrives as text, may be written as text, number or bigint. */
type BigInteger = ColumnType<string, string | number | bigint, string | number | bigint>

/** An Instant that the server fills in when it is left out. */
type OptionalInstant = ColumnType<Date, Date | string | undefined, Date | string>

export interface IdentityTables {
  account: {
    id: GeneratedAlways<string>
    username: string
    email: string
    password_hash: string
    bio: Generated<string>
    image: Generated<string>
    created_at: OptionalInstant
    updated_at: OptionalInstant
  }
  follow: {
    follower_id: BigInteger
    author_id: BigInteger
    created_at: OptionalInstant
  }
  following: {
    follower_id: ColumnType<string, never, never>
    author_id: ColumnType<string, never, never>
  }
  profile_card: {
    id: ColumnType<string, never, never>
    username: ColumnType<string, never, never>
    bio: ColumnType<string, never, never>
    image: ColumnType<string, never, never>
  }
}
