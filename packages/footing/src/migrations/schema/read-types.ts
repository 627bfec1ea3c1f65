// Types of a schema, its extensions, and the rarer things of which only the existence is kept.
import type pg from 'pg'
import { oneLine, type SchemaObject } from './schema-object.ts'

/** SQL for "is not part of an extension". */
export const notOfExtension = (catalogue: string, oid: string): string =>
  `not exists (select from pg_depend x where x.classid = '${catalogue}'::regclass and x.objid = ${oid} and x.deptype = 'e')`

/** Extensions, enums, composite types, domains, ranges and others. */
export async function readTypes(client: pg.ClientBase, schema: string): Promise<readonly SchemaObject[]> {
  const { rows } = await client.query<{ kind: string; name: string; lines: string[] }>(query, [schema])
  return rows.map(({ kind, name, lines }) => ({ kind, name, lines: lines.map(oneLine) }))
}

const query = `
with own as (
  select t.oid, t.typname, t.typtype, t.typrelid, t.typbasetype, t.typtypmod, t.typnotnull, t.typdefault, t.typcollation
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
   where n.nspname = $1 and ${notOfExtension('pg_type', 't.oid')}
)
select 'extension' as kind, quote_ident(e.extname) as name,
       array['create extension ' || quote_ident(e.extname)] as lines
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace where n.nspname = $1
union all
select 'enum', quote_ident(typname),
       array['create type ' || quote_ident(typname) || ' as enum ('] ||
       array(select '  ' || quote_literal(enumlabel) from pg_enum where enumtypid = own.oid order by enumsortorder) || array[')']
  from own where typtype = 'e'
union all
select 'composite type', quote_ident(typname),
       array['create type ' || quote_ident(typname) || ' as ('] ||
       array(select '  ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
               from pg_attribute a where a.attrelid = own.typrelid and a.attnum > 0 and not a.attisdropped
              order by a.attnum) || array[')']
  from own join pg_class c on c.oid = own.typrelid where typtype = 'c' and c.relkind = 'c'
union all
select 'domain', quote_ident(typname),
       array['create domain ' || quote_ident(typname) || ' as ' || format_type(typbasetype, typtypmod)
         || case when typnotnull then ' not null' else '' end
         || coalesce(' default ' || typdefault, '')] ||
       array(select '  constraint ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, true)
               from pg_constraint k where k.contypid = own.oid and k.contype = 'c' order by k.conname collate "C")
  from own where typtype = 'd'
union all
select 'range', quote_ident(typname),
       array['create type ' || quote_ident(typname) || ' as range (subtype = ' || format_type(r.rngsubtype, null) || ')']
  from own join pg_range r on r.rngtypid = own.oid where typtype = 'r'
union all
select 'other', description, array[description] from (
  select pg_describe_object(catalogue, o.oid, 0) as description from (
    select 'pg_collation'::regclass as catalogue, oid from pg_collation
     where collnamespace = (select n.oid from pg_namespace n where n.nspname = $1) and ${notOfExtension('pg_collation', 'pg_collation.oid')}
    union all
    select 'pg_operator'::regclass, oid from pg_operator
     where oprnamespace = (select n.oid from pg_namespace n where n.nspname = $1) and ${notOfExtension('pg_operator', 'pg_operator.oid')}
    union all
    select 'pg_opclass'::regclass, oid from pg_opclass
     where opcnamespace = (select n.oid from pg_namespace n where n.nspname = $1) and ${notOfExtension('pg_opclass', 'pg_opclass.oid')}
    union all
    select 'pg_ts_config'::regclass, oid from pg_ts_config
     where cfgnamespace = (select n.oid from pg_namespace n where n.nspname = $1) and ${notOfExtension('pg_ts_config', 'pg_ts_config.oid')}
    union all
    select 'pg_ts_dict'::regclass, oid from pg_ts_dict
     where dictnamespace = (select n.oid from pg_namespace n where n.nspname = $1) and ${notOfExtension('pg_ts_dict', 'pg_ts_dict.oid')}
    union all
    select 'pg_conversion'::regclass, oid from pg_conversion
     where connamespace = (select n.oid from pg_namespace n where n.nspname = $1) and ${notOfExtension('pg_conversion', 'pg_conversion.oid')}
  ) as o (catalogue, oid)
) as described`
