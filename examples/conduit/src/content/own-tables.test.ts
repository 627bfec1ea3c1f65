// What the compiler knows of content's tables: its own, the two views that it declares to read, and nothing else.
import type { Database, Queries } from '@footing/core'
import type { Insertable, Selectable, Updateable } from 'kysely'
import { describe, expectTypeOf, test } from 'vitest'
import type { ContentTables } from './tables.generated.ts'

// Never called: only the compiler reads it.
const compiled = (db: Database<ContentTables>) => [
  db.read().selectFrom('article').select(['id', 'slug']),
  db.read().selectFrom('identity.profile_card').select('username'),
  // @ts-expect-error accounts belong to identity, and no manifest declares to read them
  db.read().selectFrom('identity.account'),
  // @ts-expect-error the same by the name that identity uses
  db.read().selectFrom('account'),
  // @ts-expect-error nor are they written
  db.write().updateTable('identity.account'),
  // @ts-expect-error the view has no address
  db.read().selectFrom('identity.profile_card').select('email'),
  // @ts-expect-error plans belong to billing
  db.read().selectFrom('article').innerJoin('billing.plan', 'billing.plan.author_id', 'article.author_id'),
  // @ts-expect-error a view is read only: no column of it can be written
  db.write().updateTable('identity.profile_card').set({ bio: 'mine' }),
  // @ts-expect-error the server gives identifiers
  db.write().insertInto('article').values({ id: '1', slug: '', title: '', description: '', body: '', author_id: '1' }),
  // @ts-expect-error the check allows three kinds
  db.write().insertInto('tally').values({ kind: 'year', subject: '', slot: 0, articles: 1 }),
  // @ts-expect-error there is no session to set anything on
  db.write().connection,
  // @ts-expect-error nor a schema to change
  db.write().schema,
  // @ts-expect-error nor does a reader write
  db.read().insertInto,
]

describe('content', () => {
  test('names its own tables and the declared views, and that is all', () => {
    expectTypeOf(compiled).toBeFunction()
    expectTypeOf<keyof ContentTables>().toEqualTypeOf<
      'article' | 'article_tag' | 'comment' | 'favorite' | 'tally' | 'identity.profile_card' | 'identity.following'
    >()
  })

  test('reads rows as the driver gives them, and leaves out what has a default', () => {
    expectTypeOf<Selectable<ContentTables['comment']>>().toEqualTypeOf<{
      id: string
      article_id: string
      author_id: string
      body: string
      created_at: Date
      updated_at: Date
    }>()
    expectTypeOf<{ article_id: string; author_id: string; body: string }>().toExtend<
      Insertable<ContentTables['comment']>
    >()
    expectTypeOf<keyof Updateable<ContentTables['identity.following']>>().toBeNever()
  })

  test('has no typed way to leave something on a session', () => {
    expectTypeOf<Queries<ContentTables>>().not.toHaveProperty('connection')
    expectTypeOf<Queries<ContentTables>>().not.toHaveProperty('transaction')
    expectTypeOf<Queries<ContentTables>>().not.toHaveProperty('executeQuery')
  })
})
