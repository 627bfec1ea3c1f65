// Stopping without losing a request: say "not ready", let clients leave, close the door, wait, then cut.
import { currentContext } from '../work/call-context.ts'
import { createLog } from '../work/log.ts'
import { appErrors } from './errors.ts'
import type { Door } from './open-door.ts'
import type { StartUp } from './start-app.ts'

const productionDelayMs = 3000
const developmentDelayMs = 100

/** Makes `stop`: however often it is called, the process stops once and every call waits for the end of it. */
export function stopOnce(
  startUp: StartUp,
  door: Door,
  close: () => Promise<void>,
): (options?: { readonly deadline?: number }) => Promise<void> {
  let stopping: Promise<void> | undefined
  return (options = {}) => {
    stopping ??= stop(startUp, door, options.deadline ?? startUp.base.DRAIN_MS).finally(close)
    return stopping
  }
}

async function stop(startUp: StartUp, door: Door, deadlineMs: number): Promise<void> {
  const { clock, base, profile, running } = startUp
  const log = createLog(undefined, currentContext)
  door.drain()
  if (door.port === undefined) return
  // The door stays open for a while: the balancer learns that this process is not ready, and every client that asks
  // once more is told to close its connection. Closing at once would meet requests that are on their way.
  const delay = base.DRAIN_DELAY_MS ?? (profile === 'production' ? productionDelayMs : developmentDelayMs)
  await clock.sleep(Math.min(delay, deadlineMs))
  const limit = clock.after(Math.max(0, deadlineMs - delay), () => {
    log.warn('stopped waiting for requests', { running: running.size })
    for (const context of running) context.end(appErrors('shutting-down'))
    // One turn for the answers to leave, then the connections that are still open are cut.
    clock.after(250, () => door.cut())
  })
  await door.close()
  limit.cancel()
}
