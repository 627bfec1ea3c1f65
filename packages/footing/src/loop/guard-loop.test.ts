// The guard of each profile: production starts no thread and attaches no inspector unless it is asked to.
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type AppLoop, guardLoop, type LoopGuardMode } from './guard-loop.ts'

let loop: AppLoop | undefined
afterEach(() => loop?.stop())

test.each([
  ['production', undefined, true, 0],
  ['production', 'name', true, 1],
  ['production', 'off', false, 0],
  ['development', undefined, true, 1],
  ['development', 'measure', true, 0],
  ['test', undefined, false, 0],
] as const)(
  '%s, EVENT_LOOP_GUARD %s: measures %s, threads %i',
  async (profile, mode: LoopGuardMode | undefined, measures, threads) => {
    let started = 0
    const count = () => (started += 1)
    process.on('worker', count)
    loop = guardLoop(mode, profile)
    loop.start(new Map())
    await setImmediate()
    process.off('worker', count)
    expect(loop.read() !== undefined).toBe(measures)
    expect(started).toBe(threads)
  },
)
