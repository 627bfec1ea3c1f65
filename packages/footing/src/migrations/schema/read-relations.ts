// What stands beside tables: sequences, views, indexes, triggers, rules, policies, statistics.
import type pg from 'pg'
import { notOfExtension } from './read-types.ts'
import { oneLine, type SchemaObject } from './schema-object.ts'
import { canonicalView } from './view-text.ts'

interface ObjectRow {
  readonly kind: string
  readonly name: string
  readonly lines: readonly string[]
}

/** All of them. What hangs on a table or a view is named after it. */
export async function readRelations(client: pg.ClientBase, schema: string): Promise<readonly SchemaObject[]> {
  const { rows: views } = await client.query<ObjectRow & { definition: string }>(viewQuery, [schema])
  const { rows } = await client.query<ObjectRow>(query, [schema])
  return [
    ...views.map(({ kind, name, lines, definition }) => ({
      kind,
      name,
      lines: [...lines.slice(0, 1), canonicalView(definition), ...lines.slice(1).map(oneLine)],
    })),
    ...rows.map(({ kind, name, lines }) => ({ kind, name, lines: kind === 'rule' ? lines : lines.map(oneLine) })),
  ]
}

const viewQuery = `
select case c.relkind when 'm' then 'materialized view' else 'view' end as kind, quote_ident(c.relname) as name,
  pg_get_viewdef(c.oid, true) as definition,
  array_remove(array['create ' || case c.relkind when 'm' then 'materialized view ' else 'view ' end || quote_ident(c.relname)
    || coalesce(' with (' || (select string_agg(o, ', ' order by o collate "C") from unnest(c.reloptions) as o) || ')', '') || ' as',
    'comment is ' || quote_literal(obj_description(c.oid, 'pg_class'))], null) as lines
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('v', 'm') and ${notOfExtension('pg_class', 'c.oid')}`

const query = `
with own as (
  select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = $1 and ${notOfExtension('pg_class', 'c.oid')}
)
select 'sequence' as kind, quote_ident(c.relname) as name, array[
  'create sequence ' || quote_ident(c.relname) || ' as ' || format_type(s.seqtypid, null) || ' start ' || s.seqstart
  || ' increment ' || s.seqincrement || ' minvalue ' || s.seqmin || ' maxvalue ' || s.seqmax || ' cache ' || s.seqcache
  || case when s.seqcycle then ' cycle' else '' end
  || coalesce((select ' owned by ' || d.refobjid::regclass || '.' || quote_ident(a.attname)
       from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'a'
        and d.refclassid = 'pg_class'::regclass), '')] as lines
from own c join pg_sequence s on s.seqrelid = c.oid
where not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i')
union all
select 'index', quote_ident(t.relname) || '.' || quote_ident(c.relname), array_remove(array[
  pg_get_indexdef(c.oid, 0, true), case when not i.indisvalid then 'not valid: its build did not end' end,
  case when i.indisclustered then 'clusters the table' end], null)
from own c join pg_index i on i.indexrelid = c.oid join pg_class t on t.oid = i.indrelid
where not c.relispartition
  and not exists (select from pg_constraint k where k.conindid = c.oid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x'))
union all
select 'trigger', quote_ident(c.relname) || '.' || quote_ident(g.tgname), array_remove(array[
  pg_get_triggerdef(g.oid, true), case g.tgenabled when 'D' then 'disabled' when 'R' then 'enabled on replicas only'
    when 'A' then 'enabled always' end], null)
from own c join pg_trigger g on g.tgrelid = c.oid where not g.tgisinternal and g.tgparentid = 0
  -- Those are put there by provisionDatabase and not by a migration; footing access-log verify looks after them.
  and g.tgname !~ '^footing_(access|personal)_'
union all
select 'rule', quote_ident(c.relname) || '.' || quote_ident(r.rulename), array[pg_get_ruledef(r.oid, true)]
from own c join pg_rewrite r on r.ev_class = c.oid where r.rulename <> '_RETURN'
union all
select 'policy', quote_ident(c.relname) || '.' || quote_ident(p.polname), array[
  'create policy ' || quote_ident(p.polname) || case when p.polpermissive then '' else ' as restrictive' end || ' for '
  || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
  || ' to ' || case when p.polroles = '{0}' then 'public' else (select string_agg(quote_ident(rolname), ', '
       order by rolname collate "C") from pg_roles where pg_roles.oid = any (p.polroles)) end
  || coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid, true) || ')', '')
  || coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid, true) || ')', '')]
from own c join pg_policy p on p.polrelid = c.oid
union all
select 'statistics', quote_ident(c.relname) || '.' || quote_ident(s.stxname), array[
  replace(pg_get_statisticsobjdef(s.oid), 'CREATE STATISTICS ' || quote_ident($1) || '.', 'CREATE STATISTICS ')]
from own c join pg_statistic_ext s on s.stxrelid = c.oid`
