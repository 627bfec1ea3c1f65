// One Ctrl-C asks to stop, a second one kills; the same for SIGTERM, SIGHUP and a launcher that goes away.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { exit } from './command.ts'

/** A wish to stop, for as long as a command runs. */
export interface Stop {
  readonly signal: AbortSignal
  dispose(): void
}

// One key press arrives more than once: from the terminal, from npm, from the relay. Milliseconds.
const samePress = 400

/** How often a process looks whether the parent that waits for it is still there, in milliseconds. */
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
  // npm, and whoever runs `sh -c`, ends only that shell: without a look at the parent we would stay behind.
  const parent = process.ppid
  const waitedFor = env.npm_lifecycle_event !== undefined || isWaitingShell(parent)
  const watching = waitedFor ? setInterval(lookForParent, parentCheck).unref() : undefined
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

const shells = new Set(['sh', 'dash', 'bash', 'ash', 'ksh', 'zsh', 'busybox'])

/** Whether a process is `sh -c "…"` whose text puts nothing into the background: it ends before us only when it is told to. */
function isWaitingShell(pid: number): boolean {
  try {
    // Only Linux tells this way; elsewhere a shell takes the signal to itself.
    const [program = '', option = '', ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return shells.has(basename(program)) && /^-\w*c$/.test(option) && !leavesBehind.test(words[0] ?? '')
  } catch {
    return false
  }
}

/** A single `&`, and the commands by which a script lets a program outlive it. */
const leavesBehind = /(?<!&)&(?!&|>)|\b(?:nohup|setsid|disown|coproc)\b/
