// Written by: footing migrate types. The tables and views of shop, and the views of others that it declares to read.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

/** Larger than a number holds exactly: arrives as text, may be written as text, number or bigint. */
type BigInteger = ColumnType<string, string | number | bigint, string | number | bigint>

/** A BigInteger that the server fills in when it is left out. */
type OptionalBigInteger = ColumnType<string, string | number | bigint | undefined, string | number | bigint>

/** A point in time: arrives as Date, may be written as Date or ISO text. */
type Instant = ColumnType<Date, Date | string, Date | string>

export interface ShopTables {
  cheap: {
    id: ColumnType<string, never, never>
    name: ColumnType<string, never, never>
  }
  counted: {
    feeling: ColumnType<'calm' | 'it\'s wild' | null, never, never>
    items: ColumnType<string, never, never>
  }
  event: {
    at: Instant
    body: ColumnType<unknown, string | null, string | null>
  }
  everyone: {
    id: ColumnType<string | null, never, never>
  }
  item: {
    id: GeneratedAlways<string>
    name: Generated<string>
    /** in cents */
    price: OptionalBigInteger
    feeling: Generated<'calm' | 'it\'s wild' | null>
    'Odd "name"': string | null
    tags: Generated<string[]>
    doubled: GeneratedAlways<string | null>
  }
  joined: {
    id: ColumnType<string, never, never>
    weight: ColumnType<string | null, never, never>
  }
  nested: {
    id: ColumnType<string | null, never, never>
  }
  note: {
    id: number | null
    words: string | null
  }
  part: {
    id: Generated<number>
    item_id: BigInteger
    during: string | null
    weight: ColumnType<string | null, string | number | null, string | number | null>
  }
  total: {
    items: ColumnType<string, never, never>
  }
  'other.cards': {
    id: ColumnType<string, never, never>
    label: ColumnType<string, never, never>
    price: ColumnType<string, never, never>
    loud: ColumnType<string | null, never, never>
    weight: ColumnType<string | null, never, never>
  }
}
