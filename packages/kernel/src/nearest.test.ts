import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['data', 'events', 'storage', 'search', 'analytics', 'DATABASE_URL', 'SESSION_HOURS']

test.each([
  ['evnets', 'events'],
  ['storge', 'storage'],
  ['Serach', 'search'],
  ['SESSION_HOUR', 'SESSION_HOURS'],
  ['DATABSE_URL', 'DATABASE_URL'],
  ['database_url', 'DATABASE_URL'],
])('%s is near %s', (word, meant) => {
  expect(nearest(word, known)).toBe(meant)
})

test.each(['', 'x', 'kubernetes', 'jobs', 'a'.repeat(1_000_000)])('nothing is near %.20s', (word) => {
  expect(nearest(word, known)).toBeUndefined()
})
