// A primary and its streaming replicas, which replay as late as a test wants.
import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { EmbeddedServer } from '../../data/contract/contract.ts'
import { startEmbeddedPostgres } from '../../servers/embedded/embedded-postgres.ts'
import { readPostmaster } from '../../servers/embedded/postmaster-file.ts'

const run = promisify(execFile)

/** How many replicas, and how late. */
export interface ReplicationOptions {
  readonly replicas: number
  /** Each replica applies what it received after this many milliseconds. */
  readonly delayMs: number
  /** Files whose dependencies hold the PostgreSQL package. */
  readonly resolveFrom?: readonly string[]
}

/** A running replica. */
export interface ReplicaServer {
  /** Stays the same when the replica is started again. */
  readonly url: string
  /** Ends it without a word, as a crash does. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** A primary with replicas. */
export interface ReplicatedPostgres {
  readonly url: string
  readonly replicas: readonly ReplicaServer[]
  /** Stops all and removes their files. */
  stop(): Promise<void>
}

/** Starts them; takes two to four seconds. */
export async function startReplicatedPostgres(options: ReplicationOptions): Promise<ReplicatedPostgres> {
  const root = await mkdtemp(join(tmpdir(), 'footing-replicas-'))
  const resolveFrom = options.resolveFrom ?? []
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '200', hot_standby: 'on' }
  const primaryFolder = join(root, 'primary')

  // A server that was stopped in order is its own base backup.
  await (await startEmbeddedPostgres({ folder: primaryFolder, resolveFrom, settings })).stop()
  const folders = Array.from({ length: options.replicas }, (_, index) => join(root, `replica-${index}`))
  for (const folder of folders) await run('cp', ['-Rp', primaryFolder, folder])
  const primary = await startEmbeddedPostgres({ folder: primaryFolder, resolveFrom, settings })
  const replicas: StartedReplica[] = []
  for (const folder of folders)
    replicas.push(await startReplica(folder, primary, { ...options, resolveFrom }, settings))
  return {
    url: primary.url,
    replicas,
    async stop() {
      for (const replica of replicas) await replica.stop()
      await primary.stop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

interface StartedReplica extends ReplicaServer {
  stop(): Promise<void>
}

async function startReplica(
  folder: string,
  primary: EmbeddedServer,
  { delayMs, resolveFrom }: { readonly delayMs: number; readonly resolveFrom: readonly string[] },
  settings: Readonly<Record<string, string>>,
): Promise<StartedReplica> {
  const { hostname, port, username, password } = new URL(primary.url)
  const source = `host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}`
  await writeFile(join(folder, 'data/standby.signal'), '')
  await writeFile(join(folder, 'owner'), '')
  await appendFile(
    join(folder, 'data/postgresql.auto.conf'),
    `\nprimary_conninfo = '${source}'\nrecovery_min_apply_delay = ${delayMs}\nwal_retrieve_retry_interval = 200\n`,
  )
  const begin = () => startEmbeddedPostgres({ folder, resolveFrom, settings })
  let server = await begin()
  return {
    url: server.url,
    async kill() {
      const running = await readPostmaster(server.dataFolder)
      if (running.state === 'alive') process.kill(running.pid, 'SIGKILL')
      await server.stop()
    },
    async start() {
      server = await begin()
    },
    stop: () => server.stop(),
  }
}
