// Runs a server as a child that cannot outlive this process, however this process ends.
import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** What to run. */
export interface GuardedOptions {
  /** Program and arguments; put in front what changes the user. */
  readonly command: readonly string[]
  readonly logFile: string
  /** Signal without its `SIG` that asks the program to end in an orderly way. */
  readonly stopSignal: 'INT' | 'TERM'
  readonly environment?: Readonly<Record<string, string>>
  /** Deleted by the guard after the program has ended. */
  readonly removeAfter?: string
}

/** A running child and its end. */
export interface GuardedProcess {
  /** Resolves when the program is gone. */
  readonly ended: Promise<void>
  /** False once it is gone. */
  readonly running: () => boolean
  /** Asks it to end; says after `patienceMs` whether it has. */
  readonly stop: (patienceMs: number) => Promise<boolean>
  /** The end of what it wrote. */
  readonly lastWords: () => Promise<string>
}

// The shell holds the reading end of a pipe from this process. When this process is gone, the pipe closes and the shell
// asks the server to stop. A session of its own keeps Ctrl-C away from the server, so that the application can finish
// its work before it takes its server down.
const guard = [
  'exec 3<&0',
  'remove=$1 signal=$2',
  'shift 2',
  '"$@" 3<&- </dev/null &',
  'server=$!',
  '( read -r word <&3; kill -"$signal" "$server" 2>/dev/null ) &',
  'watch=$!',
  'wait "$server"',
  'code=$?',
  'kill "$watch" 2>/dev/null',
  'test -z "$remove" || rm -rf "$remove"',
  'exit "$code"',
].join('\n')

/** Starts the program. It does not keep this process alive. */
export async function startGuarded(options: GuardedOptions): Promise<GuardedProcess> {
  const guarded =
    process.platform === 'win32'
      ? options.command
      : ['sh', '-c', guard, 'footing-guard', options.removeAfter ?? '', options.stopSignal, ...options.command]
  const [program = 'sh', ...args] = guarded
  // A file, not a pipe: a server whose parent died must not die of its next line of log before it has shut down.
  const log = await open(options.logFile, 'w', 0o600)
  const child = spawn(program, args, {
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
    env: { ...process.env, ...options.environment },
  })
  let running = true
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      running = false
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  await log.close()
  const input: unknown = child.stdin
  child.stdin?.on('error', () => undefined)
  void ended.then(() => child.stdin?.destroy())
  child.unref()
  if (hasUnref(input)) input.unref()

  return {
    ended,
    running: () => running,
    lastWords: async () => (await readFile(options.logFile, 'utf8').catch(() => '')).slice(-20_000),
    async stop(patienceMs) {
      child.stdin?.end()
      if (process.platform === 'win32') child.kill()
      const patience = new AbortController()
      await Promise.race([ended, delay(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined)])
      patience.abort()
      return !running
    },
  }
}

function hasUnref(value: unknown): value is { unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value && typeof value.unref === 'function'
}
