import { manualClock } from '@footing/kernel'
import { expect, test } from 'vitest'
import { repeat } from './repeat.ts'

test('comes again, one run after the other, until it is stopped', async () => {
  const clock = manualClock()
  const ends: (() => void)[] = []
  const stop = repeat(clock, 1000, () => new Promise<void>((resolve) => ends.push(resolve)))
  await clock.advance(999)
  expect(ends).toHaveLength(0)
  // A month passes while the first one runs.
  await clock.advance(30 * 86_400_000)
  expect(ends).toHaveLength(1)
  ends[0]?.()
  await clock.advance(1000)
  expect(ends).toHaveLength(2)
  stop()
  ends[1]?.()
  await clock.advance(10_000)
  expect(ends).toHaveLength(2)
  expect(clock.pending).toBe(0)
})

test('a run that fails is not the last', async () => {
  const clock = manualClock()
  let runs = 0
  const stop = repeat(clock, 10, async () => {
    runs += 1
    throw new Error('away')
  })
  await clock.advance(100)
  expect(runs).toBeGreaterThan(1)
  stop()
})
