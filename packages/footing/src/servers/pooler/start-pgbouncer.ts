// PgBouncer in transaction mode in front of one PostgreSQL server, as production has it; it cannot outlive this process.
import { execFile } from 'node:child_process'
import { access, chown, constants, mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { dataError } from '../../data/contract/errors.ts'
import { freePort } from '../embedded/embedded-postgres.ts'
import { type GuardedProcess, startGuarded } from '../embedded/guarded-process.ts'
import { chooseServerUser, type ServerUser } from '../embedded/server-user.ts'

const run = promisify(execFile)

/** What the pooler stands in front of. */
export interface PgBouncerOptions {
  /** Path of the program, see `findPgBouncer`. */
  readonly program: string
  /** URL of PostgreSQL; its user and password are also those of the pooler. */
  readonly serverUrl: string
  /** Folder for its configuration, its credentials and its log; nobody else may read them. */
  readonly folder: string
  /** Port to listen on; default a free one. */
  readonly port?: number
  /** Settings by name, over the defaults: `{ default_pool_size: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Longest time until it answers, in milliseconds. Default 15 000. */
  readonly timeoutMs?: number
  /** Deletes the folder when it has ended, also when this process was killed: for tests. */
  readonly temporary?: boolean
}

/** A running pooler on a loopback port. */
export interface PgBouncer {
  readonly port: number
  /** `1.24.1` */
  readonly version: string
  /** False once it has ended, for whatever reason. */
  readonly running: () => boolean
  /** The URL of a database of the server, by way of the pooler. */
  urlFor(serverUrl: string): string
  /** Ends it in an orderly way. Safe to call twice. */
  stop(): Promise<void>
}

const defaults: Readonly<Record<string, string>> = {
  listen_addr: '127.0.0.1',
  unix_socket_dir: '',
  auth_type: 'scram-sha-256',
  pool_mode: 'transaction',
  max_client_conn: '2000',
  default_pool_size: '20',
  // A stopped server is tried again at once and not after 15 s.
  server_login_retry: '1',
  query_wait_timeout: '20',
  log_connections: '0',
  log_disconnections: '0',
  // Nothing is ignored here: a startup parameter that a pooler in production refuses must fail here too.
  ignore_startup_parameters: '',
}

/** Path of PgBouncer on this machine; undefined when there is none. Packages put it where PATH of a user may not lead. */
export async function findPgBouncer(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined
  const folders = [
    ...(env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ]
  for (const folder of folders) {
    if (folder === '') continue
    const path = join(folder, 'pgbouncer')
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (usable) return path
  }
  return undefined
}

/**
 * Starts it and waits until it takes connections.
 * @throws `pooler-start-failed`, and `embedded-user-refused` where no user was found for it: it refuses root
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const { folder, program, serverUrl, timeoutMs = 15_000 } = options
  const [user, version, port] = await Promise.all([chooseServerUser(), versionOf(program), options.port ?? freePort()])
  const config = await writeFiles(options, { user, version, port })
  const guarded = await startGuarded({
    command: [...user.prefix, program, config],
    logFile: join(folder, 'pgbouncer.log'),
    stopSignal: 'INT',
    ...(options.temporary === true ? { removeAfter: folder } : {}),
  })
  if (!(await answers(guarded, withPort(serverUrl, port), timeoutMs))) {
    const reason = lastWords(await guarded.lastWords())
    await guarded.stop(5_000)
    throw dataError('pooler-start-failed', { reason, program })
  }
  let stopping: Promise<unknown> | undefined
  return {
    port,
    version,
    running: guarded.running,
    urlFor: (url) => withPort(url, port),
    async stop() {
      stopping ??= guarded.stop(10_000)
      await stopping
    },
  }

  function lastWords(log: string): string {
    const password = decodeURIComponent(new URL(serverUrl).password)
    const safe = password === '' ? log : log.replaceAll(password, '…')
    return safe.trim().split('\n').slice(-2).join(' | ').slice(-300) || 'it said nothing'
  }
}

interface Chosen {
  readonly user: ServerUser
  readonly version: string
  readonly port: number
}

// PgBouncer reads the password from a file; the file and its folder are for its user alone.
async function writeFiles(options: PgBouncerOptions, { user, version, port }: Chosen): Promise<string> {
  const { folder, settings } = options
  const server = new URL(options.serverUrl)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  const all = {
    ...defaults,
    ...(tracksNames(version) ? { max_prepared_statements: '200' } : {}),
    ...settings,
    listen_port: String(port),
    auth_file: users,
    // Its own console (database "pgbouncer"), for whoever has the password anyway.
    admin_users: decodeURIComponent(server.username),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
  const databases = `* = host=${server.hostname} port=${server.port || '5432'}`
  await writePrivate(users, `${quoted(server.username)} ${quoted(server.password)}\n`)
  await writePrivate(config, `[databases]\n${databases}\n[pgbouncer]\n${lines.join('\n')}\n`)
  if (user.owner !== undefined) {
    for (const path of [folder, users, config]) await chown(path, user.owner.uid, user.owner.gid)
  }
  return config
}

// A file of an earlier run may belong to somebody else, and its rights would outlive new content.
async function writePrivate(path: string, content: string): Promise<void> {
  await rm(path, { force: true })
  await writeFile(path, content, { mode: 0o600, flag: 'wx' })
}

function quoted(part: string): string {
  return `"${decodeURIComponent(part).replaceAll('"', '""')}"`
}

async function versionOf(program: string): Promise<string> {
  const { stdout } = await run(program, ['--version'], { timeout: 5_000 }).catch((error: unknown) => {
    throw dataError('pooler-start-failed', { reason: String(error), program }, error)
  })
  return /PgBouncer (\d+(?:\.\d+)*)/i.exec(stdout)?.[1] ?? 'of unknown version'
}

/** True for those that keep track of the names of prepared statements; older ones refuse the setting. */
function tracksNames(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 1 || (major === 1 && minor >= 21)
}

async function answers(guarded: GuardedProcess, url: string, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs
  while (guarded.running() && performance.now() < end) {
    if (await isPgBouncer(url)) return true
    await Promise.race([guarded.ended, delay(10)])
  }
  return false
}

// Somebody else may listen on the port: only ours knows the password and has a console.
async function isPgBouncer(url: string): Promise<boolean> {
  const console = new URL(url)
  console.pathname = '/pgbouncer'
  const client = new pg.Client({ connectionString: console.href, connectionTimeoutMillis: 1000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('show version')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

function withPort(url: string, port: number): string {
  const changed = new URL(url)
  changed.hostname = '127.0.0.1'
  changed.port = String(port)
  return changed.href
}
