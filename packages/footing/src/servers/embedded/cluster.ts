// Creates a data directory that is whole or not there at all. Each is made anew and never copied: it has a password and a
// system identifier of its own, so that neither opens another one.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { dataError } from '../../data/contract/errors.ts'
import type { PlatformBinaries } from './platform-binaries.ts'
import { isAlive } from './postmaster-file.ts'
import type { ServerUser } from './server-user.ts'
import { explainFailure } from './start-failure.ts'

const run = promisify(execFile)

/** Name of the superuser of every embedded server. */
export const superuser = 'footing'

/** A PostgreSQL data directory with the password of its superuser. */
export interface Cluster {
  readonly dataFolder: string
  readonly password: string
  /** True when this call created it. */
  readonly created: boolean
}

/** What `ensureCluster` works with. */
export interface ClusterOptions {
  /** Holds `data/` and `password`. */
  readonly folder: string
  readonly binaries: PlatformBinaries
  readonly user: ServerUser
}

/**
 * Opens the cluster of a folder, creating it first when there is none. Two processes may do this at once: one wins, both use it.
 * @throws `embedded-data-version`, `embedded-data-corrupt`, `embedded-disk-full`, `embedded-start-failed`
 */
export async function ensureCluster(options: ClusterOptions): Promise<Cluster> {
  const { folder, binaries } = options
  const known = await openCluster(folder, binaries)
  if (known !== undefined) return known

  await makePrivate(dirname(folder))
  await removeAbandoned(folder)
  const fresh = `${folder}.new-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await initialise(fresh, options)
    const created = await moveInto(fresh, folder)
    const cluster = await openCluster(folder, binaries)
    if (cluster === undefined)
      throw dataError('embedded-data-corrupt', { folder, reason: 'it vanished while it was made' })
    return { ...cluster, created }
  } catch (error) {
    throw explainFailure(error, folder)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function openCluster(folder: string, binaries: PlatformBinaries): Promise<Cluster | undefined> {
  const dataFolder = join(folder, 'data')
  const entries = await readdir(dataFolder).catch(() => undefined)
  if (entries === undefined) return undefined
  const version = (await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const password = (await readFile(join(folder, 'password'), 'utf8').catch(() => '')).trim()
  if (version === '') throw dataError('embedded-data-corrupt', { folder, reason: 'data/PG_VERSION is missing' })
  if (password === '') throw dataError('embedded-data-corrupt', { folder, reason: 'the file password is missing' })
  if (version !== binaries.major) {
    throw dataError('embedded-data-version', { folder, found: version, expected: binaries.major })
  }
  return { dataFolder, password, created: false }
}

async function initialise(fresh: string, { binaries, user }: ClusterOptions): Promise<void> {
  await makePrivate(fresh)
  const dataFolder = join(fresh, 'data')
  const passwordFile = join(fresh, 'password')
  await mkdir(dataFolder, { mode: 0o700 })
  await writeFile(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 })
  if (user.owner !== undefined) {
    await run('chown', [`${user.owner.uid}:${user.owner.gid}`, dataFolder, passwordFile])
  }
  const [command = binaries.initdb, ...args] = [
    ...user.prefix,
    binaries.initdb,
    ...['-D', dataFolder, '-U', superuser, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'],
    // The password has 144 random bits, so that slow hashing adds nothing but time to each connection.
    ...['-E', 'UTF8', '--locale=C.UTF-8', '-c', 'scram_iterations=1', '--no-sync'],
  ]
  await run(command, args, { env: { ...process.env, ...binaries.environment }, timeout: 120_000 })
}

async function makePrivate(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined) await chmod(folder, 0o700)
}

// Renaming is the only step that makes a cluster visible. False when somebody else was first.
async function moveInto(fresh: string, folder: string): Promise<boolean> {
  await rmdir(folder).catch(() => undefined)
  try {
    await rename(fresh, folder)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

// Left by a process that was killed while it made a cluster.
async function removeAbandoned(folder: string): Promise<void> {
  const parent = dirname(folder)
  const marker = `${basename(folder)}.new-`
  for (const entry of await readdir(parent)) {
    const pid = Number(entry.startsWith(marker) ? entry.slice(marker.length).split('-')[0] : Number.NaN)
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(join(parent, entry), { recursive: true, force: true })
  }
}
