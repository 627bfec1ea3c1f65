// Functions, procedures and aggregates of a schema with their bodies.
import type pg from 'pg'
import { notOfExtension } from './read-types.ts'
import type { SchemaObject } from './schema-object.ts'

/** All routines; two of one name are told apart by their arguments. */
export async function readRoutines(client: pg.ClientBase, schema: string): Promise<readonly SchemaObject[]> {
  const { rows } = await client.query<{ kind: string; name: string; text: string }>(query, [schema])
  return rows.map(({ kind, name, text }) => ({ kind, name, lines: [text.trimEnd()] }))
}

const query = `
select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
  quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name,
  case when p.prokind = 'a' then
    'create aggregate ' || quote_ident(p.proname) || '(' || pg_get_function_arguments(p.oid) || ') (sfunc = '
      || g.aggtransfn::regproc || ', stype = ' || format_type(g.aggtranstype, null)
      || coalesce(', initcond = ' || quote_literal(g.agginitval), '')
      || case when g.aggfinalfn <> 0 then ', finalfunc = ' || g.aggfinalfn::regproc else '' end || ')'
  else regexp_replace(
    case when p.prokind = 'a' then '' else pg_get_functiondef(p.oid) end,
    '^CREATE OR REPLACE (FUNCTION|PROCEDURE) ' || regexp_replace(quote_ident($1), '([^a-zA-Z0-9_])', '\\\\\\1', 'g') || '\\.',
    'CREATE OR REPLACE \\1 ')
  end
  || coalesce(E'\\ncomment is ' || quote_literal(obj_description(p.oid, 'pg_proc')), '') as text
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  left join pg_aggregate g on g.aggfnoid = p.oid
where n.nspname = $1 and ${notOfExtension('pg_proc', 'p.oid')}
  -- A range type brings its own constructors.
  and not exists (select from pg_depend i where i.classid = 'pg_proc'::regclass and i.objid = p.oid and i.deptype = 'i')`
