// The manual clock: time passes by hand only, in order, as the real one does it.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock, systemClock } from './clock.ts'

test('timers run in the order of their times, at their times, and no others run', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(100)), fc.nat(120), async (delays, advance) => {
      const clock = manualClock(1000)
      const ran: { delay: number; at: number }[] = []
      for (const delay of delays) clock.after(delay, () => ran.push({ delay, at: clock.now() }))
      await clock.advance(advance)
      const due = delays.filter((delay) => delay <= advance).toSorted((left, right) => left - right)
      expect(ran).toEqual(due.map((delay) => ({ delay, at: 1000 + delay })))
      expect(clock.pending).toBe(delays.length - due.length)
      expect(clock.monotonic()).toBe(advance)
    }),
    { numRuns: 30 },
  )
})

test('a timer that a timer starts runs within the same stretch', async () => {
  const clock = manualClock()
  const seen: number[] = []
  const again = () => {
    seen.push(clock.now())
    if (seen.length < 4) clock.after(10, again)
  }
  clock.after(10, again)
  await clock.advance(30)
  expect(seen).toEqual([10, 20, 30])
})

test('a clock that follows is at each moment before anything happens there', async () => {
  const clock = manualClock(500)
  const other = manualClock(500)
  const end = clock.follow((now) => other.advance(now - other.now()))
  const seen: number[] = []
  clock.after(10, () => seen.push(other.now()))
  clock.after(25, () => seen.push(other.now()))
  await clock.advance(30)
  expect([...seen, other.now()]).toEqual([510, 525, 530])
  end()
  await clock.advance(30)
  expect(other.now()).toBe(530)
})

test('a cancelled timer does not run; sleeping ends with the signal', async () => {
  const clock = manualClock()
  let ran = false
  clock
    .after(5, () => {
      ran = true
    })
    .cancel()
  const controller = new AbortController()
  const sleeping = clock.sleep(50, controller.signal)
  controller.abort(new Error('enough'))
  await expect(sleeping).rejects.toThrow('enough')
  await expect(clock.sleep(1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
  await clock.advance(100)
  expect([ran, clock.pending]).toEqual([false, 0])
})

test('the system clock never runs backwards, and a delay beyond 24 days does not fire at once', async () => {
  const before = systemClock.monotonic()
  let fired = false
  const timer = systemClock.after(2 ** 40, () => {
    fired = true
  })
  await systemClock.sleep(1)
  timer.cancel()
  expect(systemClock.monotonic()).toBeGreaterThan(before)
  expect(fired).toBe(false)
})
