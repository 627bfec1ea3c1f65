// PgBouncer in transaction mode in front of a PostgreSQL server, as production has it.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../data/embedded/embedded-postgres.ts'
import { chooseServerUser } from '../../data/embedded/server-user.ts'
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts'

/** What the pooler stands in front of. */
export interface PgBouncerOptions {
  readonly program: string
  /** URL of PostgreSQL; its user and password are also those of the pooler. */
  readonly serverUrl: string
  /** Folder for its files; removed with it. */
  readonly folder: string
  /** Settings over the defaults, e.g. `{ default_pool_size: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A running pooler. */
export interface PgBouncer extends LoopbackServer {
  /** The URL with the pooler's port in place of the server's; any database name works. */
  urlFor(serverUrl: string): string
}

const defaults: Readonly<Record<string, string>> = {
  listen_addr: '127.0.0.1',
  unix_socket_dir: '',
  auth_type: 'scram-sha-256',
  pool_mode: 'transaction',
  max_client_conn: '2000',
  default_pool_size: '20',
  server_idle_timeout: '5',
  // A stopped server is tried again at once and not after 15 s.
  server_login_retry: '1',
  query_wait_timeout: '20',
  log_connections: '0',
  log_disconnections: '0',
  // Nothing is ignored here: a startup parameter that a pooler refuses must fail in the tests too.
  ignore_startup_parameters: '',
}

/** Starts PgBouncer on a free port. */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const { folder, program } = options
  const server = new URL(options.serverUrl)
  const port = await freePort()
  const user = await chooseServerUser()
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  const settings = { ...defaults, ...options.settings, listen_port: String(port), auth_file: users }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  await writeFile(users, `"${server.username}" "${decodeURIComponent(server.password)}"\n`, { mode: 0o644 })
  await writeFile(
    config,
    `[databases]\n* = host=${server.hostname} port=${server.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  const running = await startLoopbackServer('pgbouncer', port, {
    command: [...user.prefix, program, config],
    logFile: join(folder, 'pgbouncer.log'),
    stopSignal: 'INT',
    removeAfter: folder,
  })
  return {
    ...running,
    urlFor(serverUrl) {
      const url = new URL(serverUrl)
      url.port = String(port)
      return url.href
    },
  }
}
