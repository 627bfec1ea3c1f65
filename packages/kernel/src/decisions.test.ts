// The eight decisions: exactly these, each complete.
import { expect, test } from 'vitest'
import { decision, decisions, isDecisionId } from './decisions.ts'

test('there are eight, in the order in which everything shows them', () => {
  expect(decisions.map(({ id }) => id)).toEqual([
    'data',
    'framework',
    'boundaries',
    'async',
    'services',
    'state',
    'observability',
    'reversibility',
  ])
})

test.each(decisions)('$id says everything', (one) => {
  for (const text of Object.values(one)) expect(String(text).trim()).not.toBe('')
  expect(one.question.endsWith('?')).toBe(true)
  expect(decision(one.id)).toBe(one)
})

test('other words are no decision', () => {
  for (const word of ['', 'Data', 'constructor', '__proto__']) expect(isDecisionId(word)).toBe(false)
})
