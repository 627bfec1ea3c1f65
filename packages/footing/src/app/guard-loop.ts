// The event-loop guard of an application: on in development and production, with the budgets of its routes.

import type { LoopState } from '../loop/guard/loop-statistics.ts'
import { type LoopGuard, watchEventLoop } from '../loop/guard/watch-event-loop.ts'
import type { AnyRoute } from '../module/route.ts'
import { milliseconds } from '../work/duration.ts'
import type { Profile } from '../work/profile.ts'

/** What EVENT_LOOP_GUARD may say. */
export type LoopGuardMode = 'name' | 'measure' | 'off'

/** The guard of one running application. */
export interface AppLoop {
  /** Undefined while nothing is measured. */
  read(): LoopState | undefined
  /** Starts it; `routes` are the mounted ones with their full paths. */
  start(routes: readonly { readonly route: AnyRoute; readonly path: string }[]): void
  stop(): Promise<void>
}

/** Tests stall by nature, and their machines are crowded: there it is off unless it is asked for. */
export function guardLoop(mode: LoopGuardMode | undefined, profile: Profile): AppLoop {
  const chosen = mode ?? (profile === 'test' ? 'off' : 'name')
  let guard: LoopGuard | undefined
  return {
    read: () => guard?.read(),
    start: (routes) => {
      if (chosen === 'off' || guard !== undefined) return
      guard = watchEventLoop({ name: chosen === 'name', budgets: budgetsOf(routes) })
    },
    stop: async () => {
      await guard?.stop()
    },
  }
}

function budgetsOf(
  routes: readonly { readonly route: AnyRoute; readonly path: string }[],
): ReadonlyMap<string, number> {
  return new Map(
    routes.flatMap(({ route, path }) =>
      route.budget === undefined ? [] : [[`${route.method} ${path}`, milliseconds(route.budget)] as const],
    ),
  )
}
