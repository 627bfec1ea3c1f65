// One Ctrl-C asks to stop, a second one kills; the same for SIGTERM, SIGHUP and a launcher that goes away.
import { exit } from './command.ts'

/** A wish to stop, for as long as a command runs. */
export interface Stop {
  readonly signal: AbortSignal
  dispose(): void
}

// One key press arrives more than once: from the terminal, from npm, from the relay. Milliseconds.
const samePress = 400

/** How often a process under npm looks whether its parent is still there, in milliseconds. */
const parentCheck = 250

/** Listens until disposed. `process` handlers of 'exit' still run when the second signal kills. */
export function listenForStop(env: Readonly<Record<string, string | undefined>> = process.env): Stop {
  const controller = new AbortController()
  let asked = 0
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      asked = performance.now()
      controller.abort()
    } else if (performance.now() - asked > samePress) process.exit(exit.interrupted)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  // The launcher (bin/footing.js on an old Node) holds this channel; it closes when the launcher dies.
  process.on('disconnect', onSignal)
  process.channel?.unref()
  // npm runs scripts in a shell and ends only that shell: without a look at the parent we would stay behind.
  const parent = process.ppid
  const watching = env.npm_lifecycle_event === undefined ? undefined : setInterval(lookForParent, parentCheck).unref()
  function lookForParent(): void {
    if (process.ppid === parent) return
    clearInterval(watching)
    if (!controller.signal.aborted) onSignal()
  }
  return {
    signal: controller.signal,
    dispose: () => {
      clearInterval(watching)
      for (const signal of signals) process.off(signal, onSignal)
      process.off('disconnect', onSignal)
    },
  }
}
