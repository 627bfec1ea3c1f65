import { expect, test } from 'vitest'
import { columnFacts } from './column-facts.ts'

const dump = `-- What the migrations build.

--- table item
create table item (
  id bigint generated always as identity (start 100) not null
  name text collate "C" default 'not null, (default'::text not null storage external comment 'default 3 not null'
  price numeric(10,2) default round((1 + 2)::numeric, 2)
  "Odd ""x""" text comment 'not null'
  doubled bigint generated always as ((length(name) * 2)) stored
  constraint item_name_check CHECK (name <> ')'::text AND length(name) < 5) NOT VALID
  constraint item_name_key UNIQUE (name)
  constraint item_pkey PRIMARY KEY (id)
  constraint both_check CHECK (price > 0::numeric OR name = 'price'::text)
)

--- index item.item_by_name
CREATE INDEX item_by_name ON item USING btree (lower(name))

--- index item.item_by_price
CREATE INDEX item_by_price ON item USING btree (id) WHERE price > 3

--- table other
create table other (
  name text not null default 'other'
)
`

test('NOT NULL, default, checks and what else hangs on a column', () => {
  expect(columnFacts(dump, 'item', 'name')).toEqual({
    notNull: true,
    fallback: "'not null, (default'::text",
    checks: [
      { name: 'item_name_check', expression: "(name <> ')'::text AND length(name) < 5)" },
      { name: 'both_check', expression: "(price > 0::numeric OR name = 'price'::text)" },
    ],
    others: ['constraint item_name_key UNIQUE (name)', 'index item_by_name'],
  })
  expect(columnFacts(dump, 'item', 'price')).toMatchObject({
    notNull: false,
    fallback: 'round((1 + 2)::numeric, 2)',
    checks: [{ name: 'both_check' }],
    others: ['index item_by_price'],
  })
})

test('identities and generated columns have no default to keep; a comment says nothing', () => {
  expect(columnFacts(dump, 'item', 'id')).toMatchObject({
    notNull: true,
    fallback: undefined,
    others: ['identity', 'constraint item_pkey PRIMARY KEY (id)', 'index item_by_price'],
  })
  expect(columnFacts(dump, 'item', 'doubled')).toMatchObject({ notNull: false, fallback: undefined })
  expect(columnFacts(dump, 'item', 'Odd "x"')).toMatchObject({ notNull: false, fallback: undefined, checks: [] })
})

test.each(['', '--- table item', '<<<<<<< ours', 'create table item ('])('nothing hangs on a column of %j', (text) => {
  expect(columnFacts(text, 'item', 'name')).toEqual({ notNull: false, fallback: undefined, checks: [], others: [] })
})

test('checks are written for the column that takes its place, and texts stay', () => {
  const { checks } = columnFacts(dump, 'item', 'price', 'New')
  expect(checks).toEqual([{ name: 'both_check', expression: `("New" > 0::numeric OR name = 'price'::text)` }])
})
