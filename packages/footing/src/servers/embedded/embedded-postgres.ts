// A real PostgreSQL for a machine that has none: created on first use, found again later, stopped with its owner.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EmbeddedServer } from '../../data/contract/contract.ts'
import { dataError } from '../../data/contract/errors.ts'
import { type Cluster, ensureCluster, superuser } from './cluster.ts'
import { findPlatformBinaries } from './platform-binaries.ts'
import { isAlive, readPostmaster } from './postmaster-file.ts'
import { prepareDatabase } from './prepare-database.ts'
import { reachableBinaries } from './reachable-binaries.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { chooseServerUser, giveTo } from './server-user.ts'
import { classifyFailure, explainFailure } from './start-failure.ts'

/** Where an embedded server lives and how it is set up. */
export interface EmbeddedOptions {
  /** Folder of this server alone, e.g. `<application>/.footing/postgres`. */
  readonly folder: string
  /** Files whose dependencies hold the platform package: usually `[import.meta.url]` of the caller. */
  readonly resolveFrom?: readonly string[]
  /** Database that `url` names; created when it is absent. */
  readonly database?: string
  /** Server settings by name, over the defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** Longest time until the server answers, in milliseconds; recovery after a crash counts. */
  readonly timeoutMs?: number
  /** Deletes the folder when the server has ended, also when this process was killed: for tests. */
  readonly temporary?: boolean
  /** Told what takes time. */
  readonly log?: (line: string) => void
}

/**
 * Starts the server of a folder, or joins the one that already runs there.
 * @throws `embedded-binaries-missing`, `embedded-user-refused`, `embedded-data-version`, `embedded-data-corrupt`,
 * `embedded-disk-full`, `embedded-start-failed`
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = resolve(options.folder)
  const installed = await findPlatformBinaries(options.resolveFrom ?? [], folder)
  const user = await chooseServerUser()
  const binaries = await reachableBinaries(installed, user)
  const timeoutMs = options.timeoutMs ?? 60_000
  const end = performance.now() + timeoutMs
  let port = await preferredPort(folder)
  let words = 'another process holds the folder'
  while (performance.now() < end) {
    const cluster = await ensureCluster({ folder, binaries, user })
    if (cluster.created) options.log?.(`PostgreSQL ${binaries.major} created in ${folder}`)
    await giveTo(user, cluster.dataFolder)
    const running = await readPostmaster(cluster.dataFolder)
    if (running.state === 'alive' && running.ready) {
      return joinRunning(options, folder, cluster, running.pid, running.port)
    }
    if (running.state === 'alive') {
      await delay(20)
      continue
    }
    if (running.state === 'taken') await rm(join(cluster.dataFolder, 'postmaster.pid'), { force: true })

    await claim(folder, port)
    const server = await startServerProcess({
      binaries,
      user,
      dataFolder: cluster.dataFolder,
      logFile: join(folder, 'server.log'),
      port,
      settings: options.settings ?? {},
      timeoutMs: Math.max(1, end - performance.now()),
      removeAfter: options.temporary === true ? folder : undefined,
    })
    const outcome = await server.started
    if (outcome.ready) return own(options, folder, cluster, server, port)
    words = outcome.words
    const kind = classifyFailure(words)
    if (kind === 'port-taken') port = await freePort()
    else if (kind !== 'locked' && kind !== 'memory-in-use') throw explainFailure(words, folder)
    await delay(50)
  }
  throw dataError('embedded-start-failed', { folder, reason: `not ready after ${timeoutMs} ms: ${words.slice(-300)}` })
}

/** A TCP port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  return probePort(0)
}

// Before the server can be seen: whoever joins it between its start and its owner's next step must not think it abandoned.
async function claim(folder: string, port: number): Promise<void> {
  const owner = await readOwner(folder)
  if (!isAlive(owner) || owner === process.pid) await writeFile(join(folder, 'owner'), `${process.pid}\n${port}\n`)
}

/** The process that answers for the server; 0 when nobody is named. */
async function readOwner(folder: string): Promise<number> {
  const owner = Number((await readFile(join(folder, 'owner'), 'utf8').catch(() => '')).split('\n')[0])
  return Number.isInteger(owner) && owner > 0 ? owner : 0
}

async function own(
  options: EmbeddedOptions,
  folder: string,
  cluster: Cluster,
  server: ServerProcess,
  port: number,
): Promise<EmbeddedServer> {
  await writeFile(join(folder, 'owner'), `${process.pid}\n${port}\n`)
  const described = describe(options, cluster, port, false, () => server.stop())
  return prepared(described, options, cluster)
}

// A server whose owner was killed has nobody to stop it: whoever joins it takes over that duty.
async function joinRunning(
  options: EmbeddedOptions,
  folder: string,
  cluster: Cluster,
  pid: number,
  port: number,
): Promise<EmbeddedServer> {
  const owner = await readOwner(folder)
  const adopt = owner !== process.pid && !isAlive(owner)
  if (adopt) await writeFile(join(folder, 'owner'), `${process.pid}\n${port}\n`)
  options.log?.(`PostgreSQL already runs in ${folder} on port ${port}`)
  const stop = adopt ? () => stopByPid(pid, cluster.dataFolder) : async () => undefined
  return prepared(describe(options, cluster, port, !adopt, stop), options, cluster)
}

async function prepared(server: EmbeddedServer, options: EmbeddedOptions, cluster: Cluster): Promise<EmbeddedServer> {
  try {
    await prepareDatabase(urlOf(cluster, server.port, 'postgres'), options.database ?? 'app')
    return server
  } catch (error) {
    await server.stop()
    throw explainFailure(error, options.folder)
  }
}

function describe(
  options: EmbeddedOptions,
  cluster: Cluster,
  port: number,
  attached: boolean,
  stop: () => Promise<void>,
): EmbeddedServer {
  let stopping: Promise<void> | undefined
  return {
    url: urlOf(cluster, port, options.database ?? 'app'),
    port,
    dataFolder: cluster.dataFolder,
    attached,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

function urlOf(cluster: Cluster, port: number, database: string): string {
  return `postgres://${superuser}:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

async function stopByPid(pid: number, dataFolder: string): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    const running = await readPostmaster(dataFolder)
    if (running.state !== 'alive' || running.pid !== pid) return
    process.kill(pid, signal)
    const end = performance.now() + patienceMs
    while (isAlive(pid) && performance.now() < end) await delay(10)
  }
}

// The port of last time keeps bookmarks and open tools working.
async function preferredPort(folder: string): Promise<number> {
  const last = Number((await readFile(join(folder, 'owner'), 'utf8').catch(() => '')).split('\n')[1])
  if (!Number.isInteger(last) || last <= 0) return freePort()
  return probePort(last).catch(() => freePort())
}

async function probePort(port: number): Promise<number> {
  const probe = createServer()
  return new Promise((resolvePort, reject) => {
    probe.once('error', reject)
    probe.listen({ port, host: '127.0.0.1' }, () => {
      const address = probe.address()
      const found = typeof address === 'object' && address !== null ? address.port : port
      probe.close(() => resolvePort(found))
    })
  })
}
