-- The log of events: rows are only added, batches are the difference of two snapshots, and room is won by TRUNCATE. Nothing
-- that is written for each event is ever updated or deleted, so that an open snapshot keeps no dead rows alive.

-- Which of the four tables takes new rows. Changed by a rotation only.
create table footing_events.head (
  only_row boolean primary key default true check (only_row),
  slot smallint not null,
  since timestamptz not null default clock_timestamp()
);
insert into footing_events.head (slot) values (0);

-- When a table stopped taking rows; null while it is the one that takes them, or empty.
create table footing_events.slot (
  slot smallint primary key,
  closed_at timestamptz
);
insert into footing_events.slot (slot) values (0), (1), (2), (3);

create sequence footing_events.seq as bigint;

create table footing_events.log (
  slot smallint not null,
  -- Assigned under the lock of the key, so that it orders the events of one key as they were committed.
  seq bigint not null,
  -- The transaction that wrote it; tells in which snapshots it is visible.
  x xid8 not null,
  id text not null,
  -- app/module that announced it.
  origin text not null,
  event text not null,
  key text,
  payload text not null,
  at bigint not null,
  written_at timestamptz not null,
  request_id text not null,
  trace_id text not null
) partition by list (slot);
create table footing_events.log_0 partition of footing_events.log for values in (0);
create table footing_events.log_1 partition of footing_events.log for values in (1);
create table footing_events.log_2 partition of footing_events.log for values in (2);
create table footing_events.log_3 partition of footing_events.log for values in (3);
create index log_origin on footing_events.log (origin, x);

-- One module that hears another one. Changed when it is claimed and every few seconds while it is held, never per event.
create table footing_events.subscriber (
  name text primary key,
  app text not null,
  module text not null,
  emitter text not null,
  origin text not null,
  -- Event → snapshot; what is visible in it is older than the subscription and is not delivered. Null: everything is.
  since jsonb not null default '{}',
  -- Events written before it are not delivered again by the replay under way.
  replay_from timestamptz,
  -- Counts replays: what an earlier reading has handled does not count for a later one.
  generation integer not null default 0,
  -- Counts claims; the highest one is right.
  token bigint not null default 0,
  holder text,
  lease_until timestamptz,
  -- How often the holder was lost while it worked, since the last time that all went well.
  crashes integer not null default 0,
  seen_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- How far each subscriber is: the newest row counts (highest token, then highest step). Older ones go with their table.
create table footing_events.position (
  slot smallint not null,
  subscriber text not null,
  token bigint not null,
  step bigint not null,
  -- Everything visible here is done.
  snapshot pg_snapshot not null,
  -- A batch that is not done yet ends here, and is done up to seq.
  upto pg_snapshot,
  seq bigint not null default 0,
  at timestamptz not null default clock_timestamp()
) partition by list (slot);
create table footing_events.position_0 partition of footing_events.position for values in (0);
create table footing_events.position_1 partition of footing_events.position for values in (1);
create table footing_events.position_2 partition of footing_events.position for values in (2);
create table footing_events.position_3 partition of footing_events.position for values in (3);
create index position_newest on footing_events.position (subscriber, token desc, step desc);

-- Events that a subscriber has handled although its position has not passed them: given back by a process that stopped
-- (with the generation), or settled in the transaction of their effects (generation -1).
create table footing_events.handled (
  slot smallint not null,
  subscriber text not null,
  id text not null,
  generation integer not null,
  primary key (subscriber, id, generation, slot)
) partition by list (slot);
create table footing_events.handled_0 partition of footing_events.handled for values in (0);
create table footing_events.handled_1 partition of footing_events.handled for values in (1);
create table footing_events.handled_2 partition of footing_events.handled for values in (2);
create table footing_events.handled_3 partition of footing_events.handled for values in (3);

-- Events that failed, and those of the same key behind them. Only failures write here.
create table footing_events.deferred (
  subscriber text not null references footing_events.subscriber (name) on delete cascade,
  seq bigint not null,
  slot smallint not null,
  id text not null,
  event text not null,
  key text,
  -- Events of one chain wait for each other: those of one key, or one event without a key.
  chain text not null,
  payload text not null,
  at bigint not null,
  written_at timestamptz not null,
  request_id text not null,
  trace_id text not null,
  attempts integer not null default 0,
  -- When it is tried again; null while it waits for the one before it, or is parked.
  next_at timestamptz,
  parked_at timestamptz,
  code text,
  reason text,
  primary key (subscriber, seq)
);
create index deferred_due on footing_events.deferred (subscriber, next_at) where next_at is not null;
create index deferred_chain on footing_events.deferred (subscriber, chain, seq);
create index deferred_slot on footing_events.deferred (slot);

-- Adds an event in the transaction of the caller. The lock of the key is held until its end.
create function footing_events.append(
  p_id text, p_origin text, p_event text, p_key text, p_payload text, p_at bigint, p_request text, p_trace text
) returns void language plpgsql as $$
begin
  if p_key is not null then
    perform pg_advisory_xact_lock(hashtextextended(p_origin || ' ' || p_key, 20269));
  end if;
  insert into footing_events.log
    (slot, seq, x, id, origin, event, key, payload, at, written_at, request_id, trace_id)
  values (
    (select slot from footing_events.head), nextval('footing_events.seq'), pg_current_xact_id(),
    p_id, p_origin, p_event, p_key, p_payload, p_at, clock_timestamp(), p_request, p_trace
  );
end $$;

-- Makes a subscriber known, or tells that it is still there. p_wants: event → 'now' or 'beginning'.
create function footing_events.register(
  p_name text, p_app text, p_module text, p_emitter text, p_origin text, p_wants jsonb
) returns void language plpgsql as $$
declare
  known footing_events.subscriber;
  place footing_events.position;
  added jsonb := '{}';
  wanted record;
  rewinds boolean := false;
begin
  perform pg_advisory_xact_lock(hashtextextended('register ' || p_name, 20269));
  select * into known from footing_events.subscriber where name = p_name for update;
  for wanted in select key as event, value as begins from jsonb_each_text(p_wants) loop
    continue when known.since ? wanted.event;
    added := added || jsonb_build_object(
      wanted.event, case when wanted.begins = 'now' then to_jsonb(pg_current_snapshot()::text) else 'null'::jsonb end);
    rewinds := rewinds or wanted.begins <> 'now';
  end loop;
  if known.name is null then
    insert into footing_events.subscriber (name, app, module, emitter, origin, since)
    values (p_name, p_app, p_module, p_emitter, p_origin, added);
    insert into footing_events.position (slot, subscriber, token, step, snapshot)
    values ((select slot from footing_events.head), p_name, 0, 0,
      case when rewinds then '3:3:'::pg_snapshot else pg_current_snapshot() end);
  elsif added = '{}' then
    update footing_events.subscriber set seen_at = clock_timestamp() where name = p_name;
  elsif not rewinds then
    update footing_events.subscriber set seen_at = clock_timestamp(), since = since || added where name = p_name;
  else
    -- Read again from the beginning for the new event; the others go on where they were.
    select * into place from footing_events.position
      where subscriber = p_name order by token desc, step desc limit 1;
    update footing_events.subscriber set
      seen_at = clock_timestamp(), token = token + 1, holder = null, lease_until = null,
      since = added || (
        select coalesce(jsonb_object_agg(key, case
          when value <> 'null'::jsonb and pg_snapshot_xmax((value #>> '{}')::pg_snapshot) > pg_snapshot_xmax(place.snapshot)
          then value else to_jsonb(place.snapshot::text) end), '{}')
        from jsonb_each(known.since))
      where name = p_name;
    insert into footing_events.position (slot, subscriber, token, step, snapshot)
    select (select slot from footing_events.head), p_name, token, 0, '3:3:' from footing_events.subscriber where name = p_name;
  end if;
end $$;

-- Takes what nobody holds. Who held it may still be inside a transaction of its effects: that one is waited for by trying later.
create function footing_events.claim(p_names text[], p_holder text, p_lease_ms integer)
returns table (name text, token bigint, crashes integer) language plpgsql as $$
declare
  free record;
begin
  for free in
    select s.name, s.holder from footing_events.subscriber s
    where s.name = any(p_names) and (s.holder is null or s.lease_until < clock_timestamp())
    for update skip locked
  loop
    continue when not pg_try_advisory_xact_lock(hashtextextended('effects ' || free.name, 20269));
    return query update footing_events.subscriber s set
      holder = p_holder, token = s.token + 1, seen_at = clock_timestamp(),
      lease_until = clock_timestamp() + p_lease_ms * interval '1 ms',
      crashes = s.crashes + (case when free.holder is null then 0 else 1 end)
      where s.name = free.name
      returning s.name, s.token, s.crashes;
  end loop;
end $$;

-- Records in the transaction of an effect that a subscriber had it: 'first', 'again', or 'lost' when another process holds the
-- subscriber by now.
create function footing_events.settle(p_subscriber text, p_token bigint, p_slot smallint, p_id text)
returns text language plpgsql as $$
declare
  added integer;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('effects ' || p_subscriber, 20269));
  if not exists (select from footing_events.subscriber where name = p_subscriber and token = p_token) then
    return 'lost';
  end if;
  -- A rotation may have moved the record meanwhile.
  if exists (select from footing_events.handled where subscriber = p_subscriber and id = p_id and generation = -1) then
    return 'again';
  end if;
  insert into footing_events.handled (slot, subscriber, id, generation)
    values (p_slot, p_subscriber, p_id, -1) on conflict do nothing;
  get diagnostics added = row_count;
  return case when added = 1 then 'first' else 'again' end;
end $$;

-- Empties what every subscriber has passed and nobody may replay any more, lets new rows go to an empty table when it is time,
-- and forgets subscribers that nobody has declared for long. Must run in read committed: each step looks anew.
create function footing_events.rotate(p_every_ms bigint, p_keep_ms bigint, p_forget_ms bigint)
returns text[] language plpgsql as $$
declare
  forgotten text[];
  taking smallint;
  taking_since timestamptz;
  old record;
  empty smallint;
  needed boolean;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('rotate', 20269)) then
    return '{}';
  end if;
  with gone as (
    delete from footing_events.subscriber
    where seen_at < clock_timestamp() - p_forget_ms * interval '1 ms' returning name
  ) select coalesce(array_agg(name), '{}') into forgotten from gone;

  select slot, since into taking, taking_since from footing_events.head;
  -- Readers stand behind a waiting lock, so it waits a moment only; a transaction that has written here and stays open costs
  -- this table its turn and nobody else anything.
  perform set_config('lock_timeout', '30ms', true);
  for old in
    select slot from footing_events.slot
    where slot <> taking and closed_at < clock_timestamp() - p_keep_ms * interval '1 ms' order by closed_at
  loop
    begin
      execute format(
        'lock table footing_events.log_%1$s, footing_events.handled_%1$s, footing_events.position_%1$s in access exclusive mode',
        old.slot);
      execute format(
        'select exists (
           select from footing_events.subscriber s
           cross join lateral (
             select p.snapshot from footing_events.position p where p.subscriber = s.name
             order by p.token desc, p.step desc limit 1) place
           where exists (select from footing_events.log_%1$s l
                         where l.origin = s.origin and l.x >= pg_snapshot_xmax(place.snapshot))
              or exists (select from footing_events.log_%1$s l
                         where l.origin = s.origin and l.x = any(array(select pg_snapshot_xip(place.snapshot)))))',
        old.slot) into needed;
      if needed then
        raise exception using errcode = 'FE001';
      end if;
      -- The newest position of each subscriber, and what was settled of events that wait, outlive their table.
      insert into footing_events.position (slot, subscriber, token, step, snapshot, upto, seq, at)
      select taking, p.subscriber, p.token, p.step, p.snapshot, p.upto, p.seq, p.at
      from footing_events.subscriber s
      cross join lateral (
        select * from footing_events.position p where p.subscriber = s.name
        order by p.token desc, p.step desc limit 1) p
      where p.slot = old.slot;
      insert into footing_events.handled (slot, subscriber, id, generation)
      select taking, h.subscriber, h.id, h.generation from footing_events.handled h
      join footing_events.deferred d on d.subscriber = h.subscriber and d.id = h.id and d.slot = old.slot
      where h.slot = old.slot on conflict do nothing;
      update footing_events.deferred set slot = taking where slot = old.slot;
      execute format(
        'truncate footing_events.log_%1$s, footing_events.handled_%1$s, footing_events.position_%1$s', old.slot);
      update footing_events.slot set closed_at = null where slot = old.slot;
    exception
      when lock_not_available then null;
      when sqlstate 'FE001' then null;
    end;
  end loop;

  if taking_since < clock_timestamp() - p_every_ms * interval '1 ms' then
    select slot into empty from footing_events.slot where slot <> taking and closed_at is null order by slot limit 1;
    if empty is not null then
      update footing_events.slot set closed_at = clock_timestamp() where slot = taking;
      update footing_events.head set slot = empty, since = clock_timestamp();
    end if;
  end if;
  return forgotten;
end $$;

-- Reads again what is still kept, from a time on.
create function footing_events.replay(p_name text, p_from timestamptz) returns void language plpgsql as $$
declare
  token_now bigint;
begin
  update footing_events.subscriber set
    token = token + 1, holder = null, lease_until = null, generation = generation + 1, replay_from = p_from,
    since = (select coalesce(jsonb_object_agg(key, null), '{}') from jsonb_each(since))
  where name = p_name returning token into token_now;
  insert into footing_events.position (slot, subscriber, token, step, snapshot)
  values ((select slot from footing_events.head), p_name, token_now, 0, '3:3:');
end $$;
