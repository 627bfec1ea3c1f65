// Runs one PostgreSQL server as a child that cannot outlive this process, and waits until it answers or gives up.
import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { PlatformBinaries } from './platform-binaries.ts'
import { readPostmaster } from './postmaster-file.ts'
import type { ServerUser } from './server-user.ts'

/** What one start needs. */
export interface ServerProcessOptions {
  readonly binaries: PlatformBinaries
  readonly user: ServerUser
  readonly dataFolder: string
  readonly logFile: string
  readonly port: number
  /** Server settings by name, e.g. `{ fsync: 'off' }`. */
  readonly settings: Readonly<Record<string, string>>
  /** Milliseconds; recovery after a crash counts. */
  readonly timeoutMs: number
}

/** A server that this process started. */
export interface ServerProcess {
  /** `ready`, or the server's last words when it ended or did not become ready in time. */
  readonly started: Promise<{ readonly ready: true } | { readonly ready: false; readonly words: string }>
  stop(): Promise<void>
}

// The shell holds the reading end of a pipe from this process. When this process is gone, however it went, the pipe
// closes and the shell asks the server for a fast shutdown. A session of its own keeps Ctrl-C away from the server,
// so that the application can finish its work before it takes the database down.
const guard = [
  'exec 3<&0',
  '"$@" 3<&- </dev/null &',
  'server=$!',
  '( read -r word <&3; kill -INT "$server" 2>/dev/null ) &',
  'watch=$!',
  'wait "$server"',
  'code=$?',
  'kill "$watch" 2>/dev/null',
  'exit "$code"',
].join('\n')

/** Starts the server; `started` tells how that went. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { binaries, user, dataFolder, port } = options
  const settings = { ...loopbackOnly, ...options.settings, port: String(port) }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = [binaries.postgres, '-D', dataFolder, ...flags]
  const guarded = process.platform === 'win32' ? server : ['sh', '-c', guard, 'footing-postgres', ...server]
  const [command = 'sh', ...args] = [...user.prefix, ...guarded]

  // A file, not a pipe: a server whose parent died must not die of its next line of log before it has shut down.
  const log = await open(options.logFile, 'w', 0o600)
  const child = spawn(command, args, {
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
    env: { ...process.env, ...binaries.environment },
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  child.stdin?.on('error', () => undefined)
  void ended.then(() => child.stdin?.destroy())
  await log.close()
  child.unref()
  unrefInput(child)
  return { started: waitUntilReady(options, child, ended), stop: () => stopProcess(child, dataFolder, ended) }
}

const loopbackOnly = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'top',
  logging_collector: 'off',
}

async function waitUntilReady(
  { dataFolder, logFile, timeoutMs }: ServerProcessOptions,
  child: ChildProcess,
  ended: Promise<void>,
): ReturnType<() => ServerProcess['started']> {
  const end = performance.now() + timeoutMs
  let over = false
  void ended.then(() => {
    over = true
  })
  while (!over) {
    const postmaster = await readPostmaster(dataFolder)
    if (postmaster.state === 'alive' && postmaster.ready && !over) return { ready: true }
    if (performance.now() > end) {
      await stopProcess(child, dataFolder, ended)
      return { ready: false, words: `not ready after ${timeoutMs} ms\n${await readLog(logFile)}` }
    }
    await Promise.race([ended, delay(10)])
  }
  return { ready: false, words: await readLog(logFile) }
}

async function readLog(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  return text.slice(-20_000)
}

// Fast shutdown first; a server that hangs in it is made to go, and recovers at its next start.
async function stopProcess(child: ChildProcess, dataFolder: string, ended: Promise<void>): Promise<void> {
  child.stdin?.end()
  for (const [signal, patienceMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (process.platform === 'win32') child.kill()
    const patience = new AbortController()
    const gone = await Promise.race([
      ended.then(() => true),
      delay(patienceMs, false, { signal: patience.signal }).catch(() => false),
    ])
    patience.abort()
    if (gone) return
    const postmaster = await readPostmaster(dataFolder)
    if (postmaster.state === 'alive') process.kill(postmaster.pid, signal)
  }
}

// A one-off command may end without waiting for its server: the pipe then closes and the shell does the rest.
function unrefInput(child: ChildProcess): void {
  const input: unknown = child.stdin
  if (typeof input === 'object' && input !== null && 'unref' in input && typeof input.unref === 'function')
    input.unref()
}
