// The tables of a search index in the schema of its module, as the text of a migration.
import type { SearchIndex } from './contract/contract.ts'
import { columnName } from './contract/define-index.ts'
import { tablesOf } from './drivers/postgres-names.ts'

/**
 * SQL that makes the tables of an index; running it again changes nothing. It belongs into a migration of the module, so
 * that the index is owned, reviewed, dumped and moved with the module's other tables. Only PostgreSQL needs it.
 */
export function searchMigration(index: SearchIndex): string {
  const { name, language, fields, filters, fingerprint } = index
  const table = `search_${name}`
  const typos = Object.keys(fields).filter((field) => fields[field]?.typos === true)
  const words = Object.entries(fields).map(
    ([field, { weight = 'D' }]) =>
      `setweight(to_tsvector('pg_catalog.${language}', coalesce(field_${columnName(field)}, '')), '${weight}')`,
  )
  const columns = [
    'generation integer not null',
    'id text collate "C" not null',
    'version bigint not null',
    'removed_at timestamptz',
    ...tablesOf('', index).columns.map((column) => `${column.name} ${column.type}`),
    `words tsvector not null generated always as (\n    ${words.join('\n    || ')}\n  ) stored`,
    'primary key (generation, id)',
  ]
  const indexes = [
    `create index if not exists ${table}_words on ${table} using gin (words)`,
    `create index if not exists ${table}_removed on ${table} (removed_at) where removed_at is not null`,
    ...Object.entries(filters).map(([filter, kind]) => {
      const column = `filter_${columnName(filter)}`
      const on = kind === 'keyword' ? `using gin (${column})` : `(generation, ${column})`
      return `create index if not exists ${table}_${column} on ${table} ${on}`
    }),
    ...typos.map((field) => {
      const column = `field_${columnName(field)}`
      return `create index if not exists ${table}_${column} on ${table} using gin (${column} public.gin_trgm_ops)`
    }),
  ]
  const statements = [
    ...(typos.length === 0 ? [] : ['create extension if not exists pg_trgm with schema public']),
    `create table if not exists search_index (
  name text primary key,
  fingerprint text not null,
  active integer not null,
  building integer,
  last integer not null
)`,
    `create table if not exists ${table} (\n  ${columns.join(',\n  ')}\n)`,
    ...indexes,
    `insert into search_index (name, fingerprint, active, last) values ('${name}', '${fingerprint}', 1, 1)
on conflict (name) do nothing`,
  ]
  return statements.map((statement) => `${statement};\n`).join('\n')
}
