// Stopping without losing a request: say "not ready", let clients leave, close the door, wait, then cut.
import type { Clock } from '@footing/kernel'
import { currentContext } from '../work/call-context.ts'
import { createLog } from '../work/log.ts'
import type { Profile } from '../work/profile.ts'
import { httpErrors } from './errors.ts'
import type { Listener } from './listener.ts'

const productionDelayMs = 3000
const developmentDelayMs = 100

/** How long what may take. */
export interface DrainTimes {
  readonly clock: Clock
  readonly profile: Profile
  /** Between "not ready" and the closed door; default by profile. */
  readonly delayMs: number | undefined
  readonly deadlineMs: number
}

/** Resolves when the last answer has left, or has been cut. */
export async function drainListener(
  listener: Listener,
  { clock, profile, delayMs, deadlineMs }: DrainTimes,
): Promise<void> {
  const log = createLog(undefined, currentContext)
  listener.drain()
  if (listener.port === undefined) return
  // The door stays open for a while: the balancer learns that this process is not ready, and every client that asks
  // once more is told to close its connection. Closing at once would meet requests that are on their way.
  const delay = delayMs ?? (profile === 'production' ? productionDelayMs : developmentDelayMs)
  await clock.sleep(Math.min(delay, deadlineMs))
  const limit = clock.after(Math.max(0, deadlineMs - delay), () => {
    log.warn('stopped waiting for requests', { running: listener.running.size })
    for (const context of listener.running) context.end(httpErrors('shutting-down'))
    // One turn for the answers to leave, then the connections that are still open are cut.
    clock.after(250, () => listener.closeAll())
  })
  await listener.close()
  limit.cancel()
}
