// Signals of the operating system: the first one drains, the second one ends the process.
import type { RunningApp } from './create-app.ts'

const codes = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Stops the application on SIGTERM or SIGINT: once drains, twice ends the process at once. Returns a function that
 * takes the handlers off again.
 */
export function stopOnSignals(running: Pick<RunningApp, 'stop'>): () => void {
  let stopping = false
  const handle = (signal: 'SIGINT' | 'SIGTERM') => {
    if (stopping) process.exit(codes[signal])
    stopping = true
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return () => {
    process.off('SIGINT', handle)
    process.off('SIGTERM', handle)
  }
}
