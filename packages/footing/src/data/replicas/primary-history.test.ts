// How old a replica's data are, told from where the primary was at what time.
import { expect, test } from 'vitest'
import { PrimaryHistory } from './primary-history.ts'

test('who has everything is not late, however long nothing was written', () => {
  const history = new PrimaryHistory(60_000)
  history.add(100n, 0)
  expect(history.lagAt(100n, 1_000_000)).toBe(0)
  expect(history.lagAt(150n, 1_000_000)).toBe(0)
})

test('who lacks something is as late as the first sample that it lacks', () => {
  const history = new PrimaryHistory(60_000)
  for (const [position, at] of [
    [100n, 1000],
    [200n, 2000],
    [200n, 3000],
    [300n, 4000],
  ] as const)
    history.add(position, at)
  expect(history.lagAt(100n, 5000)).toBe(3000)
  expect(history.lagAt(250n, 5000)).toBe(1000)
})

test('what lies before the memory is as late as the replica says, and never less than the memory is long', () => {
  const history = new PrimaryHistory(60_000)
  history.add(100n, 1000)
  expect(history.lagAt(50n, 1001)).toBe(Number.POSITIVE_INFINITY)
  expect(history.lagAt(50n, 1001, 500)).toBe(500)
  history.add(200n, 2000)
  expect(history.lagAt(50n, 3000, 500)).toBe(2000)
  expect(history.lagAt(100n, 3000, 60_000)).toBe(1000)
})

test('what lies before the memory is infinitely late where nobody says more', () => {
  const history = new PrimaryHistory(1000)
  for (let at = 0; at <= 10_000; at += 100) history.add(BigInt(at), at)
  expect(history.lagAt(5000n, 10_000)).toBe(Number.POSITIVE_INFINITY)
  expect(history.lagAt(9900n, 10_000)).toBeLessThanOrEqual(100)
})

test('before the first sample nobody is late', () => {
  expect(new PrimaryHistory(1000).lagAt(5n, 10)).toBe(0)
})
