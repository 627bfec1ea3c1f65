// Reads what a table looks like to a program: columns with types, and which may be left out or be NULL.
import type pg from 'pg'
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { nameOf, sqlTokens } from '../files/sql-tokens.ts'
import { inSchema } from './read-schema.ts'
import { notOfExtension } from './read-types.ts'
import { viewOrigins } from './view-columns.ts'

/** The type of a column as the driver needs to know it. Arrays have the element here and `dimensions`. */
export interface ColumnTypeShape {
  /** PostgreSQL's internal name of the base type: `int8`, `text`, `timestamptz`. Domains are already unwrapped. */
  readonly name: string
  /** Labels of an enum, or the values that a check allows a text. */
  readonly values: readonly string[] | undefined
  readonly isArray: boolean
  /** True for a type that PostgreSQL brings; the driver knows no other. */
  readonly builtIn: boolean
}

/** One column. */
export interface ColumnShape {
  readonly name: string
  readonly type: ColumnTypeShape
  readonly nullable: boolean
  /** A default, or an identity that may be given. */
  readonly optional: boolean
  /** Only the server writes it. */
  readonly generated: boolean
  readonly comment: string | undefined
}

/** A table or a view of one module. */
export interface TableShape {
  readonly name: string
  readonly isView: boolean
  readonly columns: readonly ColumnShape[]
}

/** The tables and views of each module, by module. */
export async function readTableShapes(
  url: string,
  modules: readonly string[],
): Promise<ReadonlyMap<string, readonly TableShape[]>> {
  return withDirectClient(url, async (client) => {
    const shapes = new Map<string, readonly TableShape[]>()
    for (const module of modules) shapes.set(module, await inSchema(client, module, () => readShapes(client, module)))
    return withViewNulls(shapes, modules)
  })
}

interface ColumnRow {
  readonly table: string
  readonly isView: boolean
  readonly name: string
  readonly type: string
  readonly labels: readonly string[] | null
  readonly isArray: boolean
  readonly builtIn: boolean
  readonly notNull: boolean
  readonly optional: boolean
  readonly generated: boolean
  readonly comment: string | null
  readonly checks: readonly string[] | null
  readonly definition: string | null
}

/** A view's own query is kept until the nullability of what it reads is known. */
interface RawTable extends TableShape {
  readonly definition?: string
}

async function readShapes(client: pg.ClientBase, module: string): Promise<readonly RawTable[]> {
  const { rows } = await client.query<ColumnRow>(query, [schemaOf(module)])
  const tables = new Map<string, { name: string; isView: boolean; columns: ColumnShape[]; definition?: string }>()
  for (const row of rows) {
    const table = tables.get(row.table) ?? { name: row.table, isView: row.isView, columns: [] }
    if (row.definition !== null) table.definition = row.definition
    tables.set(row.table, table)
    const values = row.labels ?? allowedValues(row.checks ?? [], row.name)
    table.columns.push({
      name: row.name,
      type: { name: row.type, values, isArray: row.isArray, builtIn: row.builtIn },
      nullable: !row.notNull,
      optional: row.optional,
      generated: row.generated,
      comment: row.comment ?? undefined,
    })
  }
  return [...tables.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

// `CHECK (kind = ANY (ARRAY['all'::text, 'tag'::text]))` allows two values, and so does the type.
function allowedValues(checks: readonly string[], column: string): readonly string[] | undefined {
  for (const check of checks) {
    const tokens = sqlTokens(check).filter(({ kind, text }) => kind !== 'space' && text !== '(' && text !== ')')
    const [, first, equals, any, array] = tokens
    if (nameOf(first) !== column || equals?.text !== '=' || any?.text !== 'ANY' || array?.text !== 'ARRAY') continue
    const list = tokens.slice(5).filter(({ text }) => text !== '[' && text !== ']' && text !== ',')
    const values = list.filter(({ kind }) => kind === 'text')
    const others = list.filter(
      ({ kind, text }) => kind !== 'text' && text !== ':' && !/^(text|character|varying|varchar|bpchar)$/.test(text),
    )
    if (others.length > 0 || values.length === 0 || values.some(({ text }) => !text.startsWith("'"))) continue
    return values.map(({ text }) => text.slice(1, -1).replaceAll("''", "'"))
  }
  return undefined
}

// Views may read views, also of other modules, so it is asked until nothing changes.
function withViewNulls(
  shapes: ReadonlyMap<string, readonly RawTable[]>,
  modules: readonly string[],
): ReadonlyMap<string, readonly TableShape[]> {
  const neverNull = new Set<string>()
  const key = (schema: string, table: string, column: string) => JSON.stringify([schema, table, column])
  for (const module of modules) {
    for (const { name, isView, columns } of shapes.get(module) ?? []) {
      for (const column of columns)
        if (!isView && !column.nullable) neverNull.add(key(schemaOf(module), name, column.name))
    }
  }
  for (let before = -1; before !== neverNull.size; ) {
    before = neverNull.size
    for (const module of modules) {
      for (const { name, columns, definition } of shapes.get(module) ?? []) {
        if (definition === undefined) continue
        for (const [index, origin] of viewOrigins(definition).entries()) {
          const column = columns[index]
          if (column === undefined || origin === undefined) continue
          const sure =
            origin === 'never null' ||
            neverNull.has(key(origin.schema ?? schemaOf(module), origin.table, origin.column))
          if (sure) neverNull.add(key(schemaOf(module), name, column.name))
        }
      }
    }
  }
  return new Map(
    modules.map((module) => [
      module,
      (shapes.get(module) ?? []).map(({ name, isView, columns }) => ({
        name,
        isView,
        columns: columns.map((column) => ({
          ...column,
          nullable: !neverNull.has(key(schemaOf(module), name, column.name)),
        })),
      })),
    ]),
  )
}

const query = `
with recursive base as (
  select t.oid as own, t.oid, t.typname, t.typtype, t.typcategory, t.typelem, t.typbasetype, t.typnotnull, t.typnamespace,
         t.typdefault is not null as filled
    from pg_type t
  union all
  select base.own, t.oid, t.typname, t.typtype, t.typcategory, t.typelem, t.typbasetype, base.typnotnull or t.typnotnull,
         t.typnamespace, base.filled or t.typdefault is not null
    from base join pg_type t on t.oid = base.typbasetype where base.typtype = 'd'
)
select c.relname as table, c.relkind in ('v', 'm') as "isView", a.attname as name,
  coalesce(e.typname, b.typname) as type,
  (select array_agg(l.enumlabel::text order by l.enumsortorder) from pg_enum l where l.enumtypid = coalesce(e.oid, b.oid)) as labels,
  e.oid is not null as "isArray",
  coalesce(e.typnamespace, b.typnamespace) = 'pg_catalog'::regnamespace as "builtIn",
  a.attnotnull or b.typnotnull as "notNull",
  v.oid is not null and a.attgenerated = '' or a.attidentity = 'd' or b.filled as optional,
  a.attgenerated <> '' or a.attidentity = 'a' as generated,
  col_description(a.attrelid, a.attnum) as comment,
  (select array_agg(pg_get_constraintdef(k.oid, true)) from pg_constraint k
    where k.conrelid = c.oid and k.contype = 'c' and k.convalidated and k.conkey = array[a.attnum]) as checks,
  case when a.attnum = 1 and c.relkind in ('v', 'm') then pg_get_viewdef(c.oid, true) end as definition
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  join base b on b.own = a.atttypid and b.typtype <> 'd'
  left join pg_type e on e.oid = b.typelem and b.typcategory = 'A'
  left join pg_attrdef v on v.adrelid = a.attrelid and v.adnum = a.attnum
where n.nspname = $1 and c.relkind in ('r', 'p', 'f', 'v', 'm') and not c.relispartition
  and a.attnum > 0 and not a.attisdropped and ${notOfExtension('pg_class', 'c.oid')}
order by c.relname collate "C", a.attnum`
