// A database of its own for a test file: copied from a migrated template, behind PgBouncer, gone at the end.
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'
import type { MigrationSource } from '../data/contract/contract.ts'
import { createMigrator } from '../migrations/apply/migrator.ts'
import { testServer } from './test-servers.ts'

/** What the database begins with. */
export interface TestDatabaseOptions {
  /** Modules whose migrations are applied; test files with the same migrations share one template. */
  readonly migrations?: readonly MigrationSource[]
  /** False leaves PgBouncer out: `url` then is the direct URL. Default true, as in production. */
  readonly pooled?: boolean
}

/** A database that nobody else uses. */
export interface TestDatabase {
  /** Through PgBouncer in transaction mode, unless that was left out. */
  readonly url: string
  /** PostgreSQL itself. */
  readonly directUrl: string
  /** Looks into it, or changes it, past the application: a connection of its own, straight to the server. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Ends every connection to it, as a restart of the server does. */
  terminateConnections(): Promise<void>
  /** Drops it, whoever is still connected. Safe to call twice. */
  drop(): Promise<void>
}

/** Creates it: 50 to 100 ms once the template is there. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { migrations = [], pooled = true } = options
  const adminUrl = await testServer('postgres')
  const template = migrations.length === 0 ? undefined : await ensureTemplate(adminUrl, migrations)
  const name = `test_${process.pid}_${randomBytes(5).toString('hex')}`
  await withAdmin(adminUrl, (client) => createDatabase(client, name, template))
  return {
    url: withDatabase(pooled ? await testServer('pgbouncer') : adminUrl, name),
    directUrl: withDatabase(adminUrl, name),
    query: (text, values = []) =>
      withAdmin(withDatabase(adminUrl, name), async (client) => (await client.query(text, [...values])).rows),
    terminateConnections: () =>
      withAdmin(adminUrl, (client) =>
        client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name]),
      ).then(() => undefined),
    drop: () =>
      withAdmin(adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`)).then(
        () => undefined,
      ),
  }
}

/** A database that is there already and stays: for a test that stops and starts the server itself. */
export function existingDatabase(url: string): TestDatabase {
  return {
    url,
    directUrl: url,
    query: (text, values = []) => withAdmin(url, async (client) => (await client.query(text, [...values])).rows),
    terminateConnections: () =>
      withAdmin(url, (client) =>
        client.query(
          'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        ),
      ).then(() => undefined),
    drop: async () => undefined,
  }
}

async function createDatabase(client: pg.Client, name: string, template: string | undefined): Promise<void> {
  await client.query(`create database ${name} template ${template ?? 'template0'}`)
}

// Named after what it holds, so that a changed migration makes a new one and several workers share it.
async function ensureTemplate(adminUrl: string, migrations: readonly MigrationSource[]): Promise<string> {
  const name = `template_${await fingerprint(migrations)}`
  await withAdmin(adminUrl, async (client) => {
    // Held until this connection closes. The others wait: one migrates, all copy.
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (rowCount !== 0) return
    const draft = `draft_${randomBytes(5).toString('hex')}`
    await createDatabase(client, draft, undefined)
    try {
      await createMigrator({ url: withDatabase(adminUrl, draft), sources: migrations }).up()
      await client.query(`alter database ${draft} rename to ${name}`)
    } catch (error) {
      await client.query(`drop database if exists ${draft} with (force)`)
      throw error
    }
  })
  return name
}

async function fingerprint(migrations: readonly MigrationSource[]): Promise<string> {
  const hash = createHash('sha256')
  for (const { module, needs, folder } of migrations) {
    hash.update(JSON.stringify([module, needs]))
    const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`)
    for (const entry of (await readdir(base).catch(() => [])).toSorted()) {
      hash.update(entry).update(await readFile(new URL(entry, base)))
    }
  }
  return hash.digest('hex').slice(0, 24)
}

async function withAdmin<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}
