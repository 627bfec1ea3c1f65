// Creates the application's database and the statistics extension in a server that has just started.
import pg from 'pg'

/**
 * Makes sure that the database exists and counts its statements. Also the proof that the server answers.
 * @param adminUrl connection URL of the database `postgres`
 */
export async function prepareDatabase(adminUrl: string, database: string): Promise<void> {
  const exists = await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (rowCount !== 0) return true
    await client.query(`create database ${pg.escapeIdentifier(database)}`).catch(ignoreRace)
    return false
  })
  if (exists) return
  const url = new URL(adminUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  await withClient(url.href, (client) => client.query('create extension if not exists pg_stat_statements'))
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

// Two processes may create it at once; the loser's error means that it is there.
function ignoreRace(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== '42P04' && code !== '23505') throw error
}
