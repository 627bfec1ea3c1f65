// Runs one PostgreSQL server under guard and waits until it answers or gives up.
import { setTimeout as delay } from 'node:timers/promises'
import { type GuardedProcess, startGuarded } from './guarded-process.ts'
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
  /** Deleted when the server has ended, also when this process was killed. */
  readonly removeAfter?: string | undefined
}

/** A server that this process started. */
export interface ServerProcess {
  /** `ready`, or the server's last words when it ended or did not become ready in time. */
  readonly started: Promise<{ readonly ready: true } | { readonly ready: false; readonly words: string }>
  stop(): Promise<void>
}

const defaults = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_preload_libraries: 'pg_stat_statements',
  logging_collector: 'off',
  // Statements carry their module and route; the default of 1 kB would cut long ones short.
  track_activity_query_size: '8kB',
}

/** Starts the server; `started` tells how that went. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { binaries, user, dataFolder, port, logFile, removeAfter } = options
  const settings = { ...defaults, ...options.settings, port: String(port) }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const guarded = await startGuarded({
    command: [...user.prefix, binaries.postgres, '-D', dataFolder, ...flags],
    logFile,
    stopSignal: 'INT',
    environment: binaries.environment,
    ...(removeAfter === undefined ? {} : { removeAfter }),
  })
  return { started: waitUntilReady(options, guarded), stop: () => stopServer(guarded, dataFolder) }
}

async function waitUntilReady(
  { dataFolder, timeoutMs }: ServerProcessOptions,
  guarded: GuardedProcess,
): Promise<{ readonly ready: true } | { readonly ready: false; readonly words: string }> {
  const end = performance.now() + timeoutMs
  while (guarded.running()) {
    const postmaster = await readPostmaster(dataFolder)
    if (postmaster.state === 'alive' && postmaster.ready && guarded.running()) return { ready: true }
    if (performance.now() > end) {
      await stopServer(guarded, dataFolder)
      return { ready: false, words: `not ready after ${timeoutMs} ms\n${await guarded.lastWords()}` }
    }
    await Promise.race([guarded.ended, delay(10)])
  }
  return { ready: false, words: await guarded.lastWords() }
}

// Fast shutdown first; a server that hangs in it is made to go, and recovers at its next start.
async function stopServer(guarded: GuardedProcess, dataFolder: string): Promise<void> {
  if (await guarded.stop(20_000)) return
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    const postmaster = await readPostmaster(dataFolder)
    if (postmaster.state === 'alive') process.kill(postmaster.pid, signal)
    if (await guarded.stop(5_000)) return
  }
}
