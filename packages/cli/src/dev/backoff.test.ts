import { expect, test } from 'vitest'
import { Backoff } from './backoff.ts'

test('delays double up to half a minute', () => {
  const backoff = new Backoff()
  expect(Array.from({ length: 8 }, () => backoff.ended(0))).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
  ])
})

test('what ran for half a minute, or was changed, begins anew', () => {
  const backoff = new Backoff()
  backoff.ended(0)
  backoff.began(1000)
  expect(backoff.ended(30_999)).toBe(1000)
  backoff.began(40_000)
  expect(backoff.ended(70_000)).toBe(500)
  backoff.reset()
  expect(backoff.ended(70_001)).toBe(500)
})
