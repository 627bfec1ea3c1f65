// Holds what the console shows and tells the open pages about changes.
import type { ConsoleState, RequestFacts } from './state.ts'

/** How many finished requests the page remembers. */
export const recentLimit = 100

/** A holder of the state that tells its listeners about changes, at most once per tick of the event loop. */
export interface ConsoleFeed {
  readonly state: ConsoleState
  /** Replaces the given parts. */
  update(change: Partial<ConsoleState>): void
  /** Adds finished requests, oldest first; the oldest beyond the limit are forgotten. */
  addRequests(requests: readonly RequestFacts[]): void
  /** Calls `listener` after changes until the returned function is called. */
  subscribe(listener: (state: ConsoleState) => void): () => void
}

/** Makes a feed with nothing on it yet. */
export function createConsoleFeed(initial: Pick<ConsoleState, 'name' | 'versions'>): ConsoleFeed {
  let state: ConsoleState = { ...emptyState, ...initial }
  let announced = true
  const listeners = new Set<(state: ConsoleState) => void>()
  const change = (next: Partial<ConsoleState>): void => {
    state = { ...state, ...next }
    if (!announced) return
    announced = false
    setImmediate(() => {
      announced = true
      for (const listener of listeners) listener(state)
    })
  }
  return {
    get state() {
      return state
    },
    update: change,
    addRequests: (requests) => {
      if (requests.length === 0) return
      change({ recent: [...requests.toReversed(), ...state.recent].slice(0, recentLimit) })
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const emptyState: Omit<ConsoleState, 'name' | 'versions'> = {
  status: 'starting',
  fault: undefined,
  restarts: 0,
  links: [],
  modules: [],
  routes: [],
  calls: [],
  traffic: [],
  recent: [],
}
