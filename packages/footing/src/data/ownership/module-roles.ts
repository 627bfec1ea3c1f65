// One PostgreSQL role for each module, with the rights of its manifest and no others: so that a module that reaches for
// another one's tables fails in its first test, by PostgreSQL's own permissions.

import { createHash } from 'node:crypto'
import type pg from 'pg'
import { withDirectClient } from '../connection/direct-session.ts'
import { quoteName } from '../contract/quote.ts'
import { schemaOf } from '../contract/schema-name.ts'

/** What decides the rights of a module. */
export interface OwnedModule {
  readonly name: string
  /** Declared reads: module → its views or tables that may be read. */
  readonly reads: Readonly<Record<string, readonly string[]>>
}

/** Name of a module's role in one database. Roles belong to the whole server, so the database is part of the name. */
export function moduleRole(database: string, module: string): string {
  const place = createHash('sha256').update(database).digest('hex').slice(0, 12)
  return `footing_${place}_${schemaOf(module)}`.slice(0, 63)
}

/**
 * Creates the roles of all modules and grants each its own schema and its declared reads; what was granted before and is
 * declared no longer is taken back. The connecting user becomes a member, so that it may `set local role`. `shared` are
 * schemas of capabilities, which write there in a module's transaction.
 * @throws data-access-refused when the user of the direct URL may not create roles
 */
export async function provisionModuleRoles(
  directUrl: string,
  modules: readonly OwnedModule[],
  shared: readonly string[] = [],
): Promise<void> {
  const database = databaseOf(directUrl)
  await withDirectClient(directUrl, async (client) => {
    const schemas = await existingSchemas(client, [...modules.map(({ name }) => schemaOf(name)), ...shared])
    await client.query('begin')
    // Two test processes may provision one server at once, and "create role" knows no "if not exists".
    await client.query("select pg_advisory_xact_lock(hashtext('footing module roles'))")
    for (const module of modules) await createRole(client, moduleRole(database, module.name))
    for (const module of modules) {
      const role = quoteName(moduleRole(database, module.name))
      for (const schema of schemas) await revokeAll(client, schema, role)
      if (schemas.has(schemaOf(module.name))) await grantOwn(client, schemaOf(module.name), role)
      for (const schema of shared) if (schemas.has(schema)) await grantOwn(client, schema, role)
      for (const [owner, names] of Object.entries(module.reads)) await grantReads(client, schemaOf(owner), names, role)
    }
    await client.query('commit')
  })
}

/** Takes the roles of a database away again; for tests, whose databases come and go. */
export async function dropModuleRoles(directUrl: string, modules: readonly Pick<OwnedModule, 'name'>[]): Promise<void> {
  const database = databaseOf(directUrl)
  await withDirectClient(directUrl, async (client) => {
    for (const { name } of modules) {
      const role = quoteName(moduleRole(database, name))
      const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [moduleRole(database, name)])
      if (rowCount !== 0) await client.query(`drop owned by ${role}; drop role ${role}`)
    }
  })
}

/** The database that a URL names. */
export function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}

async function existingSchemas(client: pg.Client, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    'select nspname as name from pg_namespace where nspname = any($1)',
    [names],
  )
  return new Set(rows.map(({ name }) => name))
}

async function createRole(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [name])
  const role = quoteName(name)
  if (rowCount === 0) await client.query(`create role ${role} nologin`)
  await client.query(`grant ${role} to current_user`)
}

async function revokeAll(client: pg.Client, schema: string, role: string): Promise<void> {
  const name = quoteName(schema)
  await client.query(
    `revoke all on all tables in schema ${name} from ${role}; revoke all on all sequences in schema ${name} from ${role};
     revoke all on schema ${name} from ${role}`,
  )
}

async function grantOwn(client: pg.Client, schema: string, role: string): Promise<void> {
  const name = quoteName(schema)
  await client.query(
    `grant usage on schema ${name} to ${role};
     grant select, insert, update, delete, truncate on all tables in schema ${name} to ${role};
     grant usage, select, update on all sequences in schema ${name} to ${role}`,
  )
}

async function grantReads(client: pg.Client, schema: string, names: readonly string[], role: string): Promise<void> {
  const owner = quoteName(schema)
  await client.query(`grant usage on schema ${owner} to ${role}`)
  for (const name of names) await client.query(`grant select on ${owner}.${quoteName(name)} to ${role}`)
}
