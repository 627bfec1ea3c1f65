// The directives at the top of a migration: what is read, and that whatever is malformed is named and never guessed.
import { expect, test } from 'vitest'
import { readHeader } from './migration-header.ts'

test.each([
  ['select 1', { transactional: true }],
  ['', { transactional: true }],
  ['-- footing: no-transaction\ncreate index concurrently a on b (c)', { transactional: false }],
  ['-- why\n\n--footing:no-transaction because of the index\nselect 1', { transactional: false }],
  ['-- footing: phase expand\nselect 1', { transactional: true, phase: { kind: 'expand' } }],
  ['-- footing: phase contract after 0007\n', { transactional: true, phase: { kind: 'contract', after: '0007' } }],
  [
    '-- footing: phase contract after 0007-add-title',
    { transactional: true, phase: { kind: 'contract', after: '0007-add-title' } },
  ],
  [
    '-- footing: backfill item',
    { transactional: false, backfill: { table: 'item', key: [], batch: 1000, pauseMs: 0 } },
  ],
  [
    '-- footing: phase expand\n-- footing: backfill "My ""Item" by shop_id, "Üid" in batches of 50 pause 20 ms\nupdate x',
    {
      transactional: false,
      phase: { kind: 'expand' },
      backfill: { table: 'My "Item', key: ['shop_id', 'Üid'], batch: 50, pauseMs: 20 },
    },
  ],
  ['-- footing: draft\n-- later', { transactional: true, draft: true }],
  ['select 1;\n-- footing: no-transaction', { transactional: true }],
  ['-- footing: allow table-drop: empty\ndrop table a', { transactional: true }],
])('%j', (sql, header) => {
  expect(readHeader(sql)).toEqual(header)
})

test.each([
  ['-- footing: phase', 'phase expand'],
  ['-- footing: phase contract', 'after 0007'],
  ['-- footing: phase contract after last', 'after 0007'],
  ['-- footing: phase Expand', 'phase expand'],
  ['-- footing: phase expand\n-- footing: phase contract after 0001', 'one phase'],
  ['-- footing: backfill', 'backfill item by id'],
  ['-- footing: backfill item by', 'backfill item by id'],
  ['-- footing: backfill item in batches of 0', 'at most 100000'],
  ['-- footing: backfill item in batches of 99999999999', 'at most 100000'],
  ['-- footing: backfill item; drop table item', 'backfill item by id'],
  ['-- footing: backfill a\n-- footing: backfill b', 'one backfill'],
  ['-- footing: backfill a\n-- footing: no-transaction', 'never no-transaction'],
  ['-- footing: no_transaction', 'known are no-transaction'],
  ['-- footing: notransaction', 'known are no-transaction'],
  ['-- footing:', 'known are no-transaction'],
])('%j is refused', (sql, words) => {
  expect(() => readHeader(sql)).toThrow(words)
})

test('a file of many megabytes and a line of one are read in no time that matters', () => {
  const many = `${'-- footing of the wall\n'.repeat(200_000)}select 1;\n${'x'.repeat(20_000_000)}`
  const started = performance.now()
  expect(readHeader(many)).toEqual({ transactional: true })
  expect(() => readHeader(`-- footing: backfill ${'a, '.repeat(200_000)}`)).toThrow('backfill')
  expect(performance.now() - started).toBeLessThan(5000)
})
