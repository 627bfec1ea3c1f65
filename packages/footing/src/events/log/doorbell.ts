// Says to other processes that there is something to read. Losing a ring costs the rest between two looks and nothing else.
import type { Clock } from '@footing/kernel'

/** A bell between processes. */
export interface Doorbell {
  /** Rings soon, once for everything that was announced meanwhile. */
  ring(): void
  /** Carries rings, and calls `hear` at each that comes in, until the signal is aborted. Never rejects. */
  run(hear: (() => void) | undefined, signal: AbortSignal): Promise<void>
}

/** How a bell of PostgreSQL is reached. */
export interface DoorbellOptions {
  readonly clock: Clock
  /** Sends one notification, in a transaction of its own: NOTIFY takes a lock of the whole server at its commit. */
  readonly notify: () => Promise<unknown>
  /** Listens on a connection of its own to PostgreSQL itself until the signal is aborted or the connection is lost. */
  readonly listen: (hear: () => void, signal: AbortSignal) => Promise<void>
}

const quietMs = 20

/** NOTIFY for others, LISTEN on a direct connection. */
export function postgresDoorbell({ clock, notify, listen }: DoorbellOptions): Doorbell {
  let wanted = false
  let wake: (() => void) | undefined

  // A loop of its own, so that a ring takes nothing along of the request that announced: no deadline, no end.
  const carry = async (signal: AbortSignal): Promise<void> => {
    signal.addEventListener('abort', () => wake?.(), { once: true })
    while (!signal.aborted) {
      if (!wanted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (!wanted) continue
      wanted = false
      await notify().catch(() => undefined)
      await clock.sleep(quietMs, signal).catch(() => undefined)
    }
  }

  const hearAll = async (hear: () => void, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await listen(hear, signal).catch(() => undefined)
      await clock.sleep(1000, signal).catch(() => undefined)
    }
  }

  return {
    ring() {
      wanted = true
      wake?.()
    },
    async run(hear, signal) {
      await Promise.all([carry(signal), hear === undefined ? undefined : hearAll(hear, signal)])
    },
  }
}
