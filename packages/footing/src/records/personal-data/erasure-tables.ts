// The account of erasures: who asked to be forgotten, what was done so far, and the fence that keeps new rows out.

import { createHash } from 'node:crypto'
import { quoteName } from '../../data/contract/quote.ts'
import { type DeclaredTable, emptiedColumns } from './declared-table.ts'

const definer = 'security definer set search_path = pg_catalog, pg_temp'

/** Buckets of the lock between writers and an erasure: few, so that a large write takes few locks. */
const fenceBuckets = 64

/** First half of the advisory lock, "fper" in ASCII; the bucket is the second. */
const fenceLock = 0x66706572

/** SQLSTATE of a write about somebody who was erased. */
export const erasedState = 'FT001'

/** Creates what is missing; running it again changes nothing. */
export const createErasureTables = `
create schema if not exists footing_personal;
revoke all on schema footing_personal from public;
grant usage on schema footing_personal to public;
create table if not exists footing_personal.erasure (
  subject text primary key,
  requested_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  proof jsonb
);
-- What replacements are made of: known to nobody before the erasure begins, so that nobody can take them before.
alter table footing_personal.erasure add column if not exists salt uuid not null default gen_random_uuid();
create table if not exists footing_personal.erasure_step (
  subject text not null references footing_personal.erasure (subject),
  module text not null,
  table_name text not null,
  action text not null,
  rows bigint not null default 0,
  kept bigint not null default 0,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (subject, module, table_name)
);
revoke all on all tables in schema footing_personal from public;

-- Called in the transaction that erases, so that what was done and what is told of it cannot differ.
create or replace function footing_personal.note_step(p_subject text, p_module text, p_table text, p_action text, p_rows bigint, p_kept bigint)
returns void language plpgsql ${definer} as $body$
begin
  insert into footing_personal.erasure_step as s (subject, module, table_name, action, rows, kept)
  values (p_subject, p_module, p_table, p_action, p_rows, p_kept)
  on conflict (subject, module, table_name) do update
    set rows = s.rows + excluded.rows, kept = excluded.kept, changed_at = clock_timestamp();
end $body$;

create or replace function footing_personal.bucket_of(p_subject text) returns int language sql immutable
  set search_path = pg_catalog, pg_temp as $body$ select hashtext(p_subject) & ${fenceBuckets - 1} $body$;

-- Begins an erasure. Whoever writes about the person holds the lock of the bucket shared until the end of its transaction:
-- behind this, every write is either seen by the erasure or refused by the fence.
create or replace function footing_personal.request_erasure(p_subject text) returns void language plpgsql ${definer} as $body$
begin
  perform pg_advisory_xact_lock(${fenceLock}, footing_personal.bucket_of(p_subject));
  insert into footing_personal.erasure (subject) values (p_subject) on conflict (subject) do nothing;
end $body$;

create or replace function footing_personal.is_erased(p_subject text) returns boolean language sql stable ${definer} as $body$
  select exists (select 1 from footing_personal.erasure where subject = p_subject)
$body$;

-- 32 hexadecimal digits for one value: the same each time that the erasure is interrupted and goes on.
create or replace function footing_personal.replacement_of(p_subject text, p_column text, p_key text) returns text
language sql stable ${definer} as $body$
  select left(encode(sha256(convert_to(salt::text || '/' || p_column || '/' || p_key, 'UTF8')), 'hex'), 32)
    from footing_personal.erasure where subject = p_subject
$body$;

create or replace function footing_personal.finish_erasure(p_subject text, p_proof jsonb) returns void language plpgsql ${definer} as $body$
begin
  update footing_personal.erasure set finished_at = coalesce(finished_at, clock_timestamp()), proof = p_proof where subject = p_subject;
end $body$;

create or replace function footing_personal.account_of(p_subject text) returns jsonb language sql stable ${definer} as $body$
  select jsonb_build_object(
    'requestedAt', to_char(e.requested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'finishedAt', to_char(e.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'steps', coalesce((select jsonb_agg(jsonb_build_object('module', s.module, 'table', s.table_name, 'action', s.action,
       'rows', s.rows, 'kept', s.kept) order by s.module, s.table_name)
      from footing_personal.erasure_step s where s.subject = e.subject), '[]'))
    from footing_personal.erasure e where e.subject = p_subject
$body$;

-- The access log keeps its entries under a pseudonym; forgetting the person is forgetting whose it is.
create or replace function footing_personal.forget_pseudonyms(p_subject text) returns bigint language plpgsql ${definer} as $body$
declare
  forgotten bigint := 0;
begin
  if to_regclass('footing_access.subject') is not null then
    delete from footing_access.subject where user_id = p_subject;
    get diagnostics forgotten = row_count;
  end if;
  return forgotten;
end $body$;
`

/** Name of the fence function of a table. */
export function fenceFunction({ module, table }: Pick<DeclaredTable, 'module' | 'table'>): string {
  return `fence_${createHash('sha256').update(`${module}.${table}`).digest('hex').slice(0, 16)}`
}

/** Names of the triggers that ask it. */
export const fenceTriggers = ['footing_personal_insert', 'footing_personal_update']

/** Setting of the transaction that erases, with the identifier of the person. */
export const erasingSetting = 'footing.erasing'

/**
 * Body of the fence: refuses rows that name an erased person, and updates that write something into what was emptied.
 * Other updates of a row that named the person before pass: rows that are kept by law go on living.
 */
export function fenceFunctionBody(table: DeclaredTable): string {
  const key = (row: string) => table.keys.map((column) => `${row}.${quoteName(column)}`).join(', ')
  const emptied = emptiedColumns(table).map((column) => quoteName(column))
  const named = table.subjects.map((column) => quoteName(column))
  const people = (rows: string) =>
    named.map((column) => `select n.${column}::text as subject from ${rows}`).join(' union ')
  const fresh = named
    .map(
      (column) => `select n.${column}::text as subject from footing_new n
        where not exists (select 1 from footing_old o where (${key('o')}) = (${key('n')}) and o.${column} is not distinct from n.${column})`,
    )
    .join(' union ')
  // As text, because not every type can be compared.
  const changed = emptied.map((column) => `n.${column}::text is distinct from o.${column}::text`).join(' or ')
  const refilled = named
    .map(
      (column) => `select n.${column}::text as subject from footing_new n
        join footing_old o on (${key('o')}) = (${key('n')}) where ${changed}`,
    )
    .join(' union ')
  const check = (rows: string) => `
    perform pg_advisory_xact_lock_shared(${fenceLock}, b.bucket) from (
      select distinct footing_personal.bucket_of(p.subject) as bucket from (${rows}) p where p.subject is not null order by 1) b;
    if exists (select 1 from (${rows}) p join footing_personal.erasure e on e.subject = p.subject
        where e.subject is distinct from nullif(current_setting('${erasingSetting}', true), '')) then
      raise exception 'this person was erased' using errcode = '${erasedState}';
    end if;`
  return `
begin
  if tg_op = 'INSERT' then ${check(people('footing_new n'))}
  else ${check(emptied.length === 0 ? fresh : `${fresh} union ${refilled}`)}
  end if;
  return null;
end `
}
