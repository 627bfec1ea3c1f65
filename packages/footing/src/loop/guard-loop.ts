// The event-loop guard of an application: on in development and production, with the budgets of its routes.

import type { Profile } from '../work/profile.ts'
import type { LoopState } from './guard/loop-statistics.ts'
import { type LoopGuard, watchEventLoop } from './guard/watch-event-loop.ts'

/** What EVENT_LOOP_GUARD may say. */
export type LoopGuardMode = 'name' | 'measure' | 'off'

/** The guard of one running application. */
export interface AppLoop {
  /** Undefined while nothing is measured. */
  read(): LoopState | undefined
  /** Starts it; `budgets` are the milliseconds that routes allow themselves, by `METHOD /path`. */
  start(budgets: ReadonlyMap<string, number>): void
  stop(): Promise<void>
}

// Naming pauses the process for a moment, in production only when it is asked for. Tests stall by nature, and their machines are crowded.
const defaults = { development: 'name', production: 'measure', test: 'off' } as const

/** The guard in the mode that was asked for, or in that of the profile. */
export function guardLoop(mode: LoopGuardMode | undefined, profile: Profile): AppLoop {
  const chosen = mode ?? defaults[profile]
  let guard: LoopGuard | undefined
  return {
    read: () => guard?.read(),
    start: (budgets) => {
      if (chosen === 'off' || guard !== undefined) return
      guard = watchEventLoop({ name: chosen === 'name', budgets })
    },
    stop: async () => {
      await guard?.stop()
    },
  }
}
