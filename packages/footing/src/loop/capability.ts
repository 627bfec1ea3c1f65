// The event loop as a capability: the guard that names stalls, and the threads for CPU-bound work.
import { defineCapability } from '../capability/capability.ts'
import { optionalSetting } from '../module/setting.ts'
import { oneOf } from '../module/text-schema.ts'
import { type AppLoop, guardLoop } from './guard-loop.ts'
import { closeCpu } from './threads/cpu-pool.ts'

const settings = {
  EVENT_LOOP_GUARD: optionalSetting({
    schema: oneOf(['name', 'measure', 'off']),
    summary:
      'whether stalls of the event loop are named, only measured, or neither; name, in production measure, in tests off',
  }),
} as const

/** The guard; the door tells it the budgets of its routes. */
export const loopCapability = defineCapability<typeof settings, AppLoop>({
  name: 'eventLoop',
  summary: 'stalls of the event loop, and threads for CPU-bound work',
  settings,
  wanted: () => true,
  open: ({ EVENT_LOOP_GUARD }, { profile }) => guardLoop(EVENT_LOOP_GUARD, profile),
  drain: (_loop, deadlineMs) => closeCpu(deadlineMs),
  close: (loop) => loop.stop(),
})
