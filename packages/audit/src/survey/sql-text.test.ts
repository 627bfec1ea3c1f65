// Which texts are SQL, and which of them outlive their transaction.
import { describe, expect, it } from 'vitest'
import { classifyText, Sql } from './sql-text.ts'

describe('classifyText', () => {
  it.each([
    ['SELECT id FROM orders', Sql.Statement],
    ['\n    WITH RECURSIVE tree AS (SELECT 1) UPDATE pages SET a = 1', Sql.Statement],
    ['UPDATE orders SET total = 1', Sql.Statement],
    ['-- nightly\nDELETE FROM orders', Sql.Statement],
    ['SELECT pg_try_advisory_lock(%s)', Sql.Statement | Sql.SessionLock],
    ['SELECT pg_advisory_xact_lock(%s)', Sql.Statement | Sql.TransactionLock],
    ['LISTEN "orders";', Sql.Listen],
    ['SET search_path TO shop', Sql.SessionSet],
    ["SET idle_session_timeout = '", Sql.SessionSet],
    ['SET ROLE ', Sql.SessionSet],
    ['BEGIN; SET SESSION statement_timeout = 5', Sql.SessionSet],
    ["SELECT set_config('a.b', 'c', false)", Sql.Statement | Sql.SessionSet],
    ['CREATE TEMP TABLE batch (id int)', Sql.Statement | Sql.TemporaryTable],
    ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', Sql.HeldCursor],
  ])('%s', (text, classes) => expect(classifyText(text)).toBe(classes))

  it.each([
    'Select a plan from the list below'.replace('Select', 'Choose'),
    'SET LOCAL statement_timeout = 5',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'SELECT_1',
    'update the settings',
    'listen carefully to the customer',
    'with open hands',
    '',
  ])('says nothing about: %s', (text) => expect(classifyText(text)).toBe(0))

  it('takes linear time on hostile text', () => {
    // Backtracking on these would take minutes; the test runner's own limit would end it.
    for (const piece of [
      '--\n',
      'with a as ',
      'set "',
      '(',
      'set_config(',
      'create temp ',
      'declare cursor ',
      'update a.',
    ]) {
      classifyText(piece.repeat(Math.ceil(16_384 / piece.length)))
      classifyText(`select ${piece.repeat(Math.ceil(16_384 / piece.length))}`)
    }
    expect(classifyText(`${' '.repeat(16_000)}SELECT 1`)).toBe(Sql.Statement)
  })
})
