// One Ctrl-C asks to stop, a second one kills; the same for SIGTERM, SIGHUP and a launcher that goes away.
import { exit } from './command.ts'

/** A wish to stop, for as long as a command runs. */
export interface Stop {
  readonly signal: AbortSignal
  dispose(): void
}

// One key press arrives more than once: from the terminal, from npm, from the relay. Milliseconds.
const samePress = 400

/** Listens until disposed. `process` handlers of 'exit' still run when the second signal kills. */
export function listenForStop(now: () => number = () => performance.now()): Stop {
  const controller = new AbortController()
  let asked = 0
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      asked = now()
      controller.abort()
    } else if (now() - asked > samePress) process.exit(exit.interrupted)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  // The launcher (bin/footing.js on an old Node) holds this channel; it closes when the launcher dies.
  process.on('disconnect', onSignal)
  process.channel?.unref()
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal)
      process.off('disconnect', onSignal)
    },
  }
}
