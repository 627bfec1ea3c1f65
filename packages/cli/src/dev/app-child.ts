// One start of the application's process, as `footing dev` holds it.
import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ApplicationPlace } from '../application/application.ts'
import type { FromApp, ToApp } from './protocol.ts'

/** What happens to the process, told in order. `ended` is the last. */
export interface AppChildEvents {
  readonly message: (message: FromApp) => void
  /** A line that the application wrote to its own stdout or stderr. */
  readonly line: (line: string) => void
  /** In words: `exit code 1`, `signal SIGKILL`. */
  readonly ended: (ending: string) => void
}

/** A running process of the application. */
export interface AppChild {
  tell(message: ToApp): void
  /** Asks it to drain and end, and kills it after ten seconds. Resolves when it is gone. */
  stop(): Promise<void>
  /** Kills it at once: for the way out after a second Ctrl-C. */
  kill(): void
}

const longestStopMs = 10_000

/** Starts a process that loads the application and waits for `start`. */
export function startAppChild(
  place: ApplicationPlace,
  env: Readonly<Record<string, string | undefined>>,
  events: AppChildEvents,
): AppChild {
  const script = fileURLToPath(new URL('../../bin/app-process.js', import.meta.url))
  const child = fork(script, [place.folder, place.entry], {
    cwd: place.folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps', ...process.execArgv.filter((flag) => flag.startsWith('--conditions'))],
  })
  // The channel carries only what app-process.ts sends.
  child.on('message', (message) => events.message(message as FromApp))
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', events.line)
  }
  const gone = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      resolve()
      events.ended(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`)
    })
    child.once('error', (error) => {
      resolve()
      events.ended(error.message)
    })
  })
  return {
    tell: (message) => send(child, message),
    stop: async () => {
      send(child, { kind: 'stop' })
      const patience = setTimeout(() => child.kill('SIGKILL'), longestStopMs)
      await gone
      clearTimeout(patience)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function send(child: ChildProcess, message: ToApp): void {
  // A process that is just ending has closed its channel; its end is reported by `ended`.
  if (child.connected) child.send(message, () => undefined)
}
