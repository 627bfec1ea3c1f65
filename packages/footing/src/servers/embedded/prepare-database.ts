// Creates the application's database and the statistics extension in a server that has just started.

import pg from 'pg'
import { quoteName } from '../../data/contract/quote.ts'

/**
 * Makes sure that the database exists and counts its statements. Also the proof that the server answers.
 * @param adminUrl connection URL of the database `postgres`
 */
export async function prepareDatabase(adminUrl: string, database: string): Promise<void> {
  const url = new URL(adminUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (rowCount !== 0 && !(await isBeingPrepared(client))) return
    // Several processes may start at once: one prepares, the others wait and find it done.
    // footing: allow data/session-state -- a connection of its own to the server, closed in the end
    await client.query('select pg_advisory_lock($1, $2)', [...lockKeys])
    const { rowCount: now } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (now === 0) await client.query(`create database ${quoteName(database)}`)
    await withClient(url.href, (inside) => inside.query('create extension if not exists pg_stat_statements'))
  })
}

// "foot" in ASCII, and the second use of it.
const lockKeys = [0x666f6f74, 2] as const

async function isBeingPrepared(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select 1 from pg_locks where locktype = 'advisory' and classid = $1 and objid = $2 limit 1`,
    [...lockKeys],
  )
  return rowCount !== 0
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
