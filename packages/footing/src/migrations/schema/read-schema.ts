// Reads everything in the schema of a module from PostgreSQL's own catalogue, in one snapshot.

import type pg from 'pg'
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { quoteName } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { readRelations } from './read-relations.ts'
import { readRoutines } from './read-routines.ts'
import { readTables } from './read-tables.ts'
import { readTypes } from './read-types.ts'
import { inOrder, type ModuleSchema } from './schema-object.ts'

/**
 * The schemas of the modules in the database of a URL. A schema that is not there has no objects.
 * @throws `migration-through-pooler`, `data-connection-refused`
 */
export async function readSchemas(url: string, modules: readonly string[]): Promise<readonly ModuleSchema[]> {
  return withDirectClient(url, async (client) => {
    const schemas: ModuleSchema[] = []
    for (const module of modules) schemas.push(await inSchema(client, module, () => readObjects(client, module)))
    return schemas
  })
}

/** Runs `work` in a read-only transaction that names the things of the module without its schema, and all others with. */
export async function inSchema<T>(client: pg.ClientBase, module: string, work: () => Promise<T>): Promise<T> {
  await client.query(
    `begin isolation level repeatable read read only; set local search_path = ${quoteName(schemaOf(module))};
     set local quote_all_identifiers = off; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD';
     set local intervalstyle = postgres; set local extra_float_digits = 1; set local bytea_output = hex`,
  )
  try {
    return await work()
  } finally {
    await client.query('rollback').catch(() => undefined)
  }
}

async function readObjects(client: pg.ClientBase, module: string): Promise<ModuleSchema> {
  const schema = schemaOf(module)
  const objects = [
    ...(await readTypes(client, schema)),
    ...(await readTables(client, schema)),
    ...(await readRelations(client, schema)),
    ...(await readRoutines(client, schema)),
  ]
  return { module, objects: inOrder(objects) }
}
