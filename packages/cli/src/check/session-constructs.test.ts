// The auditor and the data layer know the same SQL that outlives its statement: neither may import the other, so this compares.
import { sessionConstructOf } from '@footing/audit'
import { sessionStateOf } from '@footing/core/data'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const statements = [
  "set search_path to 'x'",
  'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
  'set role admin',
  'set local search_path to x',
  'set transaction read only',
  'set constraints all deferred',
  'reset all',
  'discard temp',
  "select set_config('a', 'b', false)",
  "select set_config('a', 'b', true)",
  "select set_config('a', 'b', 0)",
  'listen invoices',
  'unlisten *',
  'notify invoices',
  'select pg_advisory_lock(1)',
  'select pg_try_advisory_lock_shared(1)',
  'select pg_advisory_unlock_all()',
  'select pg_advisory_xact_lock(1)',
  'create temp table t (id int)',
  'create local temporary table t (id int) on commit drop',
  'create global temp view v as select 1',
  'create table t (id int)',
  'declare c cursor with hold for select 1',
  'declare c cursor for select 1',
  'prepare p as select 1',
  'prepare transaction $1',
  'execute p(1)',
  'deallocate all',
  'select lastval()',
  "select currval('s')",
  "load 'auto_explain'",
  'select 1; set x = 1',
  "select 'set x = 1'",
  '-- set x = 1\nselect 1',
  '/* listen x */ select 1',
  'update t set x = 1',
  'select $tag$ set x = 1; listen y $tag$',
  'begin; select 1; commit',
  'start transaction read only',
  'rollback to savepoint a',
  "commit prepared 'x'",
  'abort',
]

test.each(statements)('%s', (text) => {
  for (const inTransaction of [true, false]) {
    expect(sessionConstructOf(text, inTransaction)?.kind).toBe(sessionStateOf(text, inTransaction))
  }
})

test('and whatever is put together of their parts', () => {
  const part = fc.constantFrom(...statements, "'", '"', ';', ' ', '--', '\n', '/*', '*/', '$$', 'set ', 'with hold')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.boolean(), (parts, inTransaction) => {
      const text = parts.join(' ')
      expect(sessionConstructOf(text, inTransaction)?.kind).toBe(sessionStateOf(text, inTransaction))
    }),
    { numRuns: 500 },
  )
})
