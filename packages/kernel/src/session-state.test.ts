import { expect, test } from 'vitest'
import { type SessionStateKind, sessionStateIn } from './session-state.ts'

const statements: readonly [text: string, outside: SessionStateKind | '', inside?: SessionStateKind | ''][] = [
  ["set search_path to 'x'", 'session-setting'],
  ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', 'session-setting'],
  ['set role admin', 'session-setting'],
  ['set local search_path to x', ''],
  ['set transaction read only', ''],
  ['set constraints all deferred', ''],
  ['reset all', 'session-setting'],
  ['discard temp', 'session-setting'],
  ["select set_config('a', 'b', false)", 'session-setting'],
  ["select set_config('a', 'b', true)", ''],
  ["select set_config('a', 'b', 0)", 'session-setting'],
  ['listen invoices', 'listen'],
  ['unlisten *', 'listen'],
  ['notify invoices', ''],
  ['select pg_advisory_lock(1)', 'session-advisory-lock'],
  ['select pg_try_advisory_lock_shared(1)', 'session-advisory-lock'],
  ['select pg_advisory_unlock_all()', 'session-advisory-lock'],
  ['select pg_advisory_xact_lock(1)', ''],
  ['create temp table t (id int)', 'temporary-table'],
  ['create local temporary table t (id int) on commit drop', ''],
  ['create global temp view v as select 1', 'temporary-table'],
  ['create table t (id int)', ''],
  ['declare c cursor with hold for select 1', 'cursor-with-hold'],
  ['declare c cursor for select 1', ''],
  ['prepare p as select 1', 'prepared-statement'],
  ['prepare transaction $1', ''],
  ['execute p(1)', 'prepared-statement'],
  ['deallocate all', 'prepared-statement'],
  ['select lastval()', 'sequence-memory', ''],
  ["select currval('s')", 'sequence-memory', ''],
  ["load 'auto_explain'", 'loaded-library'],
  ['select 1; set x = 1', 'session-setting'],
  ["select 'set x = 1'", ''],
  ['select "listen" from "set"', ''],
  ['-- set x = 1\nselect 1', ''],
  ['/* listen x */ select 1', ''],
  ['/* hidden */ set x = 1', 'session-setting'],
  ['update t set x = 1', ''],
  ['select $tag$ set x = 1; listen y $tag$', ''],
  ['begin; select 1; commit', 'open-transaction'],
  ['start transaction read only', 'open-transaction'],
  ['rollback to savepoint a', ''],
  ["commit prepared 'x'", ''],
  ['abort', 'open-transaction'],
  ['', ''],
]

test.each(statements)('%s', (text, outside, inside = outside) => {
  expect(sessionStateIn(text, false)?.kind ?? '').toBe(outside)
  expect(sessionStateIn(text, true)?.kind ?? '').toBe(inside)
})

test('a kind may be left out', () => {
  expect(sessionStateIn('begin', false, 'open-transaction')).toBeUndefined()
  expect(sessionStateIn('begin; listen x', false, 'open-transaction')?.kind).toBe('listen')
})

test('every consequence is half a sentence and every way out a whole one', () => {
  for (const [text] of statements) {
    const found = sessionStateIn(text, false)
    if (found === undefined) continue
    expect(found.consequence).toMatch(/^[a-z].*[^.]$/)
    expect(found.instead).toMatch(/^[A-Z].*\.$/)
  }
})

test('a huge text is read in time that grows with its length', () => {
  expect(sessionStateIn(`select ${"'a', ".repeat(200_000)} 1; select lastval()`, false)?.kind).toBe('sequence-memory')
  expect(sessionStateIn(`set ${'('.repeat(500_000)}`, false)?.kind).toBe('session-setting')
  expect(sessionStateIn(`select ${'/*'.repeat(200_000)}`, false)).toBeUndefined()
})
