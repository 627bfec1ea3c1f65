// The schema of the access log: entries by month, pseudonyms, seals; and the only functions that write them.

/** The text of one entry that its seal covers: the same on every server, whatever its settings. */
export const entryLine = `jsonb_build_array(to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.id, e.xid::text,
  e.module, e.table_name, e.operation, e.key, to_jsonb(e.columns), e.changes, e.statement, e.subject, e.db_user,
  e.request_id, e.trace_id, e.source)::text`

/** The text of one seal that the next one covers. */
export const sealLine = `jsonb_build_array(s.number, s.month::text, s.from_xid::text, s.to_xid::text, s.entries,
  encode(s.digest, 'hex'), to_char(s.sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'))::text`

/** Body of the function that refuses every change of the log. */
export const refuseChange = `
begin
  raise exception 'the access log is append-only' using errcode = '42501';
end `

/** What guards the log itself: trigger → its kind in pg_trigger.tgtype. */
export const guardTriggers = { footing_append_only: 27, footing_no_truncate: 34 } as const

const definer = 'security definer set search_path = pg_catalog, pg_temp'

/** Creates what is missing; running it again changes nothing. */
export const createLogTables = `
create schema if not exists footing_access;
revoke all on schema footing_access from public;
grant usage on schema footing_access to public;

create sequence if not exists footing_access.entry_id;
create table if not exists footing_access.entry (
  at timestamptz not null default clock_timestamp(),
  id bigint not null default nextval('footing_access.entry_id'),
  xid xid8 not null default pg_current_xact_id(),
  module text not null,
  table_name text not null,
  operation text not null check (operation in ('read', 'insert', 'update', 'delete', 'truncate')),
  key jsonb,
  columns text[],
  changes jsonb,
  statement text,
  subject uuid,
  db_user text not null default session_user,
  request_id text,
  trace_id text,
  source text
) partition by range (at);
create index if not exists entry_by_transaction on footing_access.entry (xid, id);
-- A key may be longer than an index can hold, its hash never is.
create index if not exists entry_by_record on footing_access.entry (hashtextextended(key::text, 0), at);
create index if not exists entry_by_subject on footing_access.entry (subject, at);
create table if not exists footing_access.entry_default partition of footing_access.entry default;

-- The log knows people by pseudonym only: forgetting somebody is deleting a row here, and no entry changes.
create table if not exists footing_access.subject (
  pseudonym uuid primary key default gen_random_uuid(),
  user_id text not null,
  since timestamptz not null default clock_timestamp()
);
create index if not exists subject_by_user on footing_access.subject (user_id);

create table if not exists footing_access.seal (
  number bigint primary key,
  month date not null,
  from_xid xid8 not null,
  to_xid xid8 not null,
  entries bigint not null,
  digest bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null
);
create table if not exists footing_access.retired (
  month date primary key,
  entries bigint not null,
  retired_at timestamptz not null default clock_timestamp(),
  db_user text not null default session_user
);
revoke all on all tables in schema footing_access from public;
revoke all on all sequences in schema footing_access from public;

create or replace function footing_access.refuse_change() returns trigger language plpgsql as $body$${refuseChange}$body$;
create or replace trigger footing_append_only before update or delete on footing_access.entry
  for each row execute function footing_access.refuse_change();
create or replace trigger footing_append_only before update or delete on footing_access.seal
  for each row execute function footing_access.refuse_change();
-- "enable always": not even a session in the role of a replica changes what was logged.
alter table footing_access.entry enable always trigger footing_append_only;
alter table footing_access.seal enable always trigger footing_append_only;

-- Emptying a table fires the triggers of that table only, so each month has one of its own.
create or replace function footing_access.refuse_truncate(p_relation regclass) returns void language plpgsql as $body$
begin
  execute format('create or replace trigger footing_no_truncate before truncate on %s for each statement execute function footing_access.refuse_change()', p_relation);
  execute format('alter table %s enable always trigger footing_no_truncate', p_relation);
end $body$;
revoke all on function footing_access.refuse_truncate(regclass) from public;
select footing_access.refuse_truncate(relid) from pg_partition_tree('footing_access.entry');
select footing_access.refuse_truncate('footing_access.seal');

-- No unique constraint on the user: two first writes of one person at once must not wait for each other. Whoever has
-- two pseudonyms is found, and forgotten, by both.
create or replace function footing_access.pseudonym_of(p_user text) returns uuid language plpgsql ${definer} as $body$
declare
  found_one uuid;
begin
  if p_user is null then
    return null;
  end if;
  select pseudonym into found_one from footing_access.subject where user_id = p_user order by since limit 1;
  if found_one is null then
    insert into footing_access.subject (user_id) values (p_user) returning pseudonym into found_one;
  end if;
  return found_one;
end $body$;
revoke all on function footing_access.pseudonym_of(text) from public;

create or replace function footing_access.note_reads(p_actor jsonb, p_records jsonb) returns void language plpgsql ${definer} as $body$
begin
  insert into footing_access.entry (module, table_name, operation, key, statement, subject, request_id, trace_id, source)
  select r.module, r.table_name, 'read', r.key, r.statement,
         footing_access.pseudonym_of(p_actor->>'user'), p_actor->>'request', p_actor->>'trace', p_actor->>'source'
    from jsonb_to_recordset(p_records) as r(module text, table_name text, key jsonb, statement text);
end $body$;

create or replace function footing_access.ensure_month(p_month date) returns void language plpgsql ${definer} set lock_timeout = '200ms' as $body$
declare
  part text := 'entry_' || to_char(p_month, 'YYYY_MM');
begin
  if to_regclass('footing_access.' || part) is null then
    execute format('create table footing_access.%I partition of footing_access.entry for values from (%L) to (%L)', part,
      (p_month::timestamp at time zone 'UTC')::timestamptz, ((p_month + interval '1 month')::timestamp at time zone 'UTC')::timestamptz);
    execute format('revoke all on footing_access.%I from public', part);
    perform footing_access.refuse_truncate(('footing_access.' || part)::regclass);
  end if;
exception
  -- Entries of that month lie in the default partition already, another process was faster, or a long transaction holds
  -- the log: the default partition takes what comes meanwhile, so nothing is lost.
  when check_violation or duplicate_table or lock_not_available then null;
end $body$;
revoke all on function footing_access.ensure_month(date) from public;

-- Seals what can no longer change: the entries of all transactions that have ended, month by month, each seal over the
-- one before. One process at a time; the others have nothing to do.
create or replace function footing_access.maintain() returns bigint language plpgsql ${definer} as $body$
declare
  horizon xid8;
  since xid8;
  last footing_access.seal;
  s footing_access.seal;
  m date;
  line text;
  sealed bigint := 0;
begin
  if not pg_try_advisory_xact_lock(1718579060, 7) then
    return 0;
  end if;
  -- Read under the lock: a horizon from before it could lie behind the seal of whoever held it.
  horizon := pg_snapshot_xmin(pg_current_snapshot());
  select * into last from footing_access.seal order by number desc limit 1;
  since := coalesce(last.to_xid, '0'::xid8);
  if horizon < since then
    raise exception 'transaction numbers are behind the last seal' using errcode = 'FT002';
  end if;
  for m in
    select distinct date_trunc('month', e.at at time zone 'UTC')::date from footing_access.entry e
     where e.xid >= since and e.xid < horizon order by 1
  loop
    s.number := coalesce(last.number, 0) + 1;
    s.month := m;
    s.from_xid := since;
    s.to_xid := horizon;
    s.entries := 0;
    s.digest := '';
    s.sealed_at := clock_timestamp();
    for line in
      select ${entryLine} from footing_access.entry e
       where e.xid >= since and e.xid < horizon and e.at >= (m::timestamp at time zone 'UTC')
         and e.at < ((m + interval '1 month')::timestamp at time zone 'UTC')
       order by e.xid, e.id
    loop
      s.entries := s.entries + 1;
      s.digest := sha256(s.digest || convert_to(line, 'UTF8'));
    end loop;
    s.hash := sha256(coalesce(last.hash, '') || convert_to(${sealLine}, 'UTF8'));
    insert into footing_access.seal values (s.*);
    sealed := sealed + s.entries;
    last := s;
  end loop;
  -- Last, because a new partition locks the log until the end of the transaction.
  for step in 0..2 loop
    perform footing_access.ensure_month((date_trunc('month', now() at time zone 'UTC') + make_interval(months => step))::date);
  end loop;
  return sealed;
end $body$;
`
