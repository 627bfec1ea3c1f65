// Compares what manifests say about personal data with the tables that are there, so that no column is forgotten.
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { isPersonal, type PersonalDeclaration } from '../../module/personal-declaration.ts'
import { personalTables } from './declared-table.ts'
import { personalDataErrors } from './errors.ts'
import { unfencedTables } from './verify-personal-data.ts'

/** What of a manifest is compared. */
export interface CheckedModule {
  readonly name: string
  readonly tables: readonly string[]
  readonly personal: PersonalDeclaration
}

/** What a check found. */
export interface PersonalDataCheck {
  /** False when no module declares anything: then nothing is expected. */
  readonly declared: boolean
  readonly tables: number
  readonly columns: number
  /** One sentence each. */
  readonly faults: readonly string[]
}

/**
 * Checks all tables of all modules, over the direct URL. As soon as one module declares personal data, each table of each
 * module has to be classified, or to say why nobody is in it.
 */
export async function checkPersonalData(
  directUrl: string,
  modules: readonly CheckedModule[],
): Promise<PersonalDataCheck> {
  if (!modules.some(({ personal }) => Object.keys(personal).length > 0)) {
    return { declared: false, tables: 0, columns: 0, faults: [] }
  }
  const present = await readColumns(
    directUrl,
    modules.map(({ name }) => schemaOf(name)),
  )
  const faults: string[] = []
  let tables = 0
  let columns = 0
  for (const { name, personal, tables: named } of modules) {
    const own = present.filter(({ schema }) => schema === schemaOf(name))
    for (const table of new Set([...named, ...own.map((column) => column.table)])) {
      tables += 1
      const found = own.filter((column) => column.table === table).map(({ column }) => column)
      columns += found.length
      faults.push(...tableFaults(`${name}.${table}`, personal[table], found))
    }
  }
  const personal = modules.flatMap(personalTables)
  const unfenced = await withDirectClient(directUrl, (client) =>
    unfencedTables((text, values) => client.query(text, [...values]), personal),
  )
  if (unfenced === undefined) faults.push('nothing keeps account of erasures in this database: run footing migrate up')
  for (const table of unfenced ?? []) {
    faults.push(`${table}: the trigger that keeps erased people out is missing or switched off: run footing migrate up`)
  }
  return { declared: true, tables, columns, faults }
}

/** The same as an error. @throws `personal-data-unclassified` */
export async function requirePersonalData(directUrl: string, modules: readonly CheckedModule[]): Promise<void> {
  const { faults } = await checkPersonalData(directUrl, modules)
  if (faults.length === 0) return
  throw personalDataErrors('personal-data-unclassified', {
    details: { faults: faults.map((fault) => `  ${fault}`).join('\n') },
    issues: faults.map((message) => ({ pointer: '', message })),
  })
}

function tableFaults(
  name: string,
  declared: PersonalDeclaration[string] | undefined,
  columns: readonly string[],
): string[] {
  if (declared === undefined) return [`${name} is not declared`]
  if (columns.length === 0) return [`${name} is declared, but there is no such table`]
  if (!isPersonal(declared)) return []
  const subjects = typeof declared.subject === 'string' ? [declared.subject] : declared.subject
  const keys = typeof declared.key === 'string' ? [declared.key] : (declared.key ?? ['id'])
  const known = new Set([...subjects, ...keys, ...Object.keys(declared.columns)])
  return [
    ...columns.filter((column) => !known.has(column)).map((column) => `${name}.${column} is not classified`),
    ...[...known]
      .filter((column) => !columns.includes(column))
      .map((column) => `${name}.${column} is classified, but there is no such column`),
  ]
}

async function readColumns(directUrl: string, schemas: readonly string[]) {
  return withDirectClient(directUrl, async (client) => {
    const { rows } = await client.query<{ schema: string; table: string; column: string }>(
      `select n.nspname as schema, c.relname as table, a.attname as column from pg_class c
         join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
        order by 1, 2, a.attnum`,
      [schemas],
    )
    return rows
  })
}
