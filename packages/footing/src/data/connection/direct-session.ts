// A connection to PostgreSQL itself with the lock that lets one migrator work at a time.
import pg from 'pg'
import { dataError } from '../contract/errors.ts'
import { translateServerError } from './server-error.ts'

// "foot" in ASCII, and the first use of it: the two halves of the advisory lock.
const lockKeys = [0x666f6f74, 1] as const

/** Waiting and telling, as the migrator was given them. */
export interface LockPatience {
  readonly timeoutMs: number
  readonly sleep: (ms: number) => Promise<void>
  /** Milliseconds, only going forward. */
  readonly elapsed: () => number
  readonly log: (line: string) => void
}

/**
 * Runs `work` on a direct connection and closes it.
 * @throws `migration-through-pooler`, `data-url-invalid`, `data-connection-refused`
 */
export async function withDirectClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = openClient(url)
  const address = `${client.host}:${client.port}/${client.database ?? ''}`
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw translateServerError(error, { module: 'migrations', address, connecting: true })
  }
  try {
    await refusePooler(client)
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function openClient(url: string): pg.Client {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error('it does not begin with postgres://')
    return new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 10_000,
      application_name: 'footing migrate',
    })
  } catch (error) {
    throw dataError('data-url-invalid', { reason: error instanceof Error ? error.message : String(error) })
  }
}

// A pooler invents the process number that it tells its clients, because one client has many servers. So whoever talks to
// PostgreSQL itself hears the same number twice, whatever the pooler's name is.
async function refusePooler(client: pg.Client): Promise<void> {
  const told: unknown = Reflect.get(client, 'processID')
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  if (told !== rows[0]?.pid) throw dataError('migration-through-pooler')
}

/**
 * Runs `work` under the lock. Waiters ask again and again instead of standing in PostgreSQL's queue: a waiting statement
 * holds a snapshot, and `create index concurrently` of the one who works would wait for that snapshot for ever.
 * @throws `migration-locked`
 */
export async function withMigrationLock<T>(
  client: pg.Client,
  patience: LockPatience,
  work: () => Promise<T>,
): Promise<T> {
  const started = patience.elapsed()
  for (let told = false; !(await tryLock(client)); told = true) {
    const waited = patience.elapsed() - started
    if (waited > patience.timeoutMs) {
      throw dataError('migration-locked', { waitedMs: Math.round(waited), holder: await describeHolder(client) })
    }
    if (!told) patience.log('another process migrates this database, waiting for it')
    await patience.sleep(100)
  }
  try {
    return await work()
  } finally {
    // Closing the connection releases it as well; this is for connections that live on.
    // footing: allow data/session-state -- a connection of its own on the direct URL, never through a pooler
    await client.query('select pg_advisory_unlock($1, $2)', [...lockKeys]).catch(() => undefined)
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  // footing: allow data/session-state -- a connection of its own on the direct URL, never through a pooler
  const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1, $2) as got', [...lockKeys])
  return rows[0]?.got === true
}

async function describeHolder(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; application: string; since: Date | null }>(
    `select a.pid, a.application_name as application, a.backend_start as since
       from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and l.granted and l.database = a.datid
      limit 1`,
    [...lockKeys],
  )
  const [holder] = rows
  if (holder === undefined) return 'a process that has just ended'
  return `process ${holder.pid} (${holder.application || 'no name'}) since ${holder.since?.toISOString() ?? 'unknown'}`
}
