// The wheel of deadlines: each one expires once, never early and never a tick late, whatever else comes and goes.
import { manualClock } from '@footing/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DeadlineWheel, type WheelEntry } from './deadline-wheel.ts'

function entry(deadline: number, expire: () => void): WheelEntry {
  return { deadline, expire, nextInSlot: undefined, previousInSlot: undefined, slot: -1 }
}

/** Longest time in milliseconds after its deadline at which an entry may still be waiting. */
const tolerance = 16

test('every deadline is met once, in its tick, also beyond a whole turn of the wheel', async () => {
  const waits = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 9000 }), removed: fc.boolean() }), {
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(waits, fc.nat(50), async (plans, offset) => {
      const clock = manualClock()
      const wheel = new DeadlineWheel(clock)
      await clock.advance(offset)
      const expired: { deadline: number; at: number }[] = []
      for (const { wait, removed } of plans) {
        const deadline = clock.monotonic() + wait
        const one = entry(deadline, () => expired.push({ deadline, at: clock.monotonic() }))
        wheel.add(one)
        if (removed) {
          wheel.remove(one)
          wheel.remove(one)
        }
      }
      await clock.advance(9100)
      expect(expired).toHaveLength(plans.filter(({ removed }) => !removed).length)
      for (const { deadline, at } of expired) {
        expect(at).toBeGreaterThanOrEqual(deadline)
        expect(at - deadline).toBeLessThanOrEqual(tolerance)
      }
      expect([wheel.size, clock.pending]).toEqual([0, 0])
    }),
    { numRuns: 25 },
  )
})

test('an entry that expires may take others out', async () => {
  const clock = manualClock()
  const wheel = new DeadlineWheel(clock)
  const expired: string[] = []
  const second = entry(10, () => expired.push('second'))
  const first = entry(10, () => {
    expired.push('first')
    wheel.remove(second)
  })
  wheel.add(second)
  wheel.add(first)
  await clock.advance(50)
  expect(expired).toEqual(['first'])
})

test('no deadline is never entered, and an empty wheel holds no timer', async () => {
  const clock = manualClock()
  const wheel = new DeadlineWheel(clock)
  wheel.add(entry(Number.POSITIVE_INFINITY, () => {}))
  expect([wheel.size, clock.pending]).toEqual([0, 0])
})
