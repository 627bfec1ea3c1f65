// The SQL is the same, letter by letter, as Kysely's own way of naming a schema makes it.

import * as kysely from 'kysely'
import { type Kysely, PostgresDialect, sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Queries } from '../contract/contract.ts'
import { bindQueries } from './bound-queries.ts'

interface Tables {
  item: { id: number; name: string; owner: number; stock: number }
  person: { id: number; name: string }
  'we"ird': { 'col"umn': string; item: number }
}

const plain = new kysely.Kysely<Tables>({ dialect: new PostgresDialect({ pool: async () => never() }) })
const never = (): never => {
  throw new Error('nothing is sent here')
}
const theirs = plain.withSchema('shop') as Kysely<Tables>
const ours = bindQueries<Tables>('shop', never)

const queries: Readonly<
  Record<string, (q: Queries<Tables>) => { compile(): { sql: string; parameters: readonly unknown[] } }>
> = {
  select: (q) => q.selectFrom('item').selectAll().where('id', '=', 1),
  'qualified columns': (q) => q.selectFrom('item').select(['item.id', 'item.name as n']).orderBy('item.id'),
  alias: (q) => q.selectFrom('item as i').select('i.id').where('i.name', 'in', ['a', 'b']),
  'alias that is a table': (q) => q.selectFrom('item as person').select('person.id'),
  'two tables': (q) => q.selectFrom(['item', 'person']).select(['item.id', 'person.id as p']),
  join: (q) =>
    q
      .selectFrom('item')
      .innerJoin('person', 'person.id', 'item.owner')
      .leftJoin('item as other', (join) => join.onRef('other.id', '=', 'item.id').on('other.stock', '>', 2))
      .select(['item.id', 'person.name', 'other.stock']),
  'joined subquery': (q) =>
    q
      .selectFrom('item')
      .innerJoin(
        (eb) => eb.selectFrom('person').select('person.id').as('p'),
        (join) => join.onRef('p.id', '=', 'item.owner'),
      )
      .selectAll('item'),
  'subquery that looks outside': (q) =>
    q
      .selectFrom('person')
      .select('person.id')
      .where(({ exists, selectFrom }) =>
        exists(selectFrom('item').select('item.id').whereRef('item.owner', '=', 'person.id')),
      ),
  'subquery of its own table': (q) =>
    q.selectFrom('item').select((eb) => eb.selectFrom('item').select('item.id').limit(1).as('first')),
  'common table expression': (q) =>
    q
      .with('person', (db) => db.selectFrom('item').select('item.owner as id'))
      .selectFrom('person')
      .innerJoin('item', 'item.owner', 'person.id')
      .select(['person.id', 'item.name']),
  'recursive expression': (q) =>
    q
      .withRecursive('tree(id)', (db) =>
        db
          .selectFrom('item')
          .select('item.id')
          .union(db.selectFrom('item').innerJoin('tree', 'tree.id', 'item.id').select('item.id')),
      )
      .selectFrom('tree')
      .selectAll(),
  'expression that writes': (q) =>
    q
      .with('gone', (db) => db.deleteFrom('item').where('id', '=', 1).returning('id'))
      .selectFrom('gone')
      .selectAll(),
  insert: (q) => q.insertInto('item').values({ id: 1, name: 'a', owner: 2, stock: 3 }).returningAll(),
  'insert from a select': (q) =>
    q
      .insertInto('person')
      .columns(['id', 'name'])
      .expression((eb) => eb.selectFrom('item').select(['item.id', 'item.name'])),
  upsert: (q) =>
    q
      .insertInto('item')
      .values({ id: 1, name: 'a', owner: 2, stock: 3 })
      .onConflict((oc) =>
        oc.column('id').doUpdateSet((eb) => ({ stock: eb.ref('excluded.stock'), name: eb.ref('item.name') })),
      ),
  update: (q) => q.updateTable('item').set({ stock: 1 }).where('item.id', '=', 2).returning('item.id'),
  'update from': (q) =>
    q
      .updateTable('item')
      .from('person')
      .set((eb) => ({ name: eb.ref('person.name') }))
      .whereRef('person.id', '=', 'item.owner'),
  delete: (q) => q.deleteFrom('item').using('person').whereRef('person.id', '=', 'item.owner'),
  merge: (q) =>
    q
      .mergeInto('item')
      .using('person', 'person.id', 'item.owner')
      .whenMatched()
      .thenUpdateSet({ stock: 0 })
      .whenNotMatched()
      .thenDoNothing(),
  'rows as json': (q) =>
    q
      .selectFrom('item')
      .select(({ fn }) => [fn.toJson('item').as('row'), fn.jsonAgg('item').as('rows'), fn.count('item.id').as('n')]),
  'locked rows': (q) => q.selectFrom('item').selectAll().forUpdate('item').skipLocked(),
  'set operation': (q) => q.selectFrom('item').select('item.id').union(q.selectFrom('person').select('person.id')),
  'a query of its own below an expression of that name': (q) =>
    q
      .with('person', (db) => db.selectFrom('item').select(['item.owner as id', 'item.name']))
      .selectFrom('person')
      .select('person.id')
      .where('person.id', 'in', q.selectFrom('person').select('person.id'))
      .where(({ exists, selectFrom }) => exists(selectFrom('person').select('person.id')))
      .union(q.selectFrom('person').innerJoin('item', 'item.owner', 'person.id').select('item.id')),
  'raw parts': (q) =>
    q
      .selectFrom('item')
      .select(sql<number>`${sql.ref('item.id')} + ${3}`.as('sum'))
      .where(sql<boolean>`true`),
  'raw with a query inside': (q) =>
    q.selectFrom('item').select(sql`(${q.selectFrom('person').select('person.id')})`.as('x')),
  'a qualified table': (q) => q.selectFrom('other.item' as 'item').selectAll(),
  'hostile names': (q) => q.selectFrom('we"ird').select('we"ird.col"umn'),
  'no table': (q) => q.selectNoFrom((eb) => eb.val(1).as('one')),
  'distinct on': (q) =>
    q.selectFrom('item').distinctOn('item.owner').selectAll().orderBy('item.owner').limit(3).offset(1),
}

test.each(Object.entries(queries))('%s', (_name, build) => {
  const { sql: text, parameters } = build(ours).compile()
  const expected = build(theirs).compile()
  expect({ text, parameters }).toEqual({ text: expected.sql, parameters: expected.parameters })
})

test('a query of another module keeps its own schema inside', () => {
  const audit = bindQueries<Tables>('audit', never)
  const audited = plain.withSchema('audit') as Kysely<Tables>
  const build = (q: Queries<Tables>, other: Queries<Tables>) =>
    q.selectFrom('item').selectAll().where('id', 'in', other.selectFrom('item').select('item.id'))
  expect(build(ours, audit).compile().sql).toBe(build(theirs, audited).compile().sql)
  expect(build(ours, audit).compile().sql).toContain('"audit"."item"."id"')
})

test('a query that cannot be written does not spoil the next one', () => {
  const broken = ours.selectFrom('item').select(sql.id(7 as never).as('x'))
  expect(() => broken.compile()).toThrow()
  const { sql: text } = ours
    .selectFrom(sql`(select 1 as id)`.as('item') as never)
    .select('item.id' as never)
    .compile()
  expect(text).toBe('select "item"."id" from (select 1 as id) as "item"')
})
