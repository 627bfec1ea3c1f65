-- Attempts at what is limited. Unlogged: it is written with every attempt, and a crash of the server frees everybody once.
create unlogged table attempt (
  key text primary key check (length(key) <= 200),
  -- When all attempts of the key are free again.
  free_at timestamptz not null
) with (fillfactor = 70);

-- All of these attempts or none. Keys are locked in one order, so that two callers never wait for each other for ever.
create function take(keys text[], bursts int[], every_ms float8[], out refused int, out retry_ms float8, out remaining int[])
language plpgsql set search_path = footing_limits, pg_catalog, pg_temp as $$
declare
  at timestamptz;
  place int;
  free timestamptz;
  wait float8;
begin
  insert into attempt (key, free_at)
    select key, '-infinity' from (select distinct unnest(keys) as key) one order by key
    -- An update of nothing locks the row that is there.
    on conflict (key) do update set free_at = attempt.free_at;
  -- After the locks: whoever waited for one is judged by the time at which it came to it.
  at := clock_timestamp();
  remaining := '{}';
  for place in 1 .. cardinality(keys) loop
    select greatest(free_at, at) into free from attempt where key = keys[place];
    wait := extract(epoch from free - at) * 1000 + every_ms[place] * (1 - bursts[place]);
    if wait > 0.0005 then
      refused := place;
      retry_ms := wait;
      return;
    end if;
    remaining := remaining || floor((bursts[place] * every_ms[place] - every_ms[place]
      - extract(epoch from free - at) * 1000) / every_ms[place] + 0.000001)::int;
  end loop;
  update attempt set free_at = greatest(free_at, at) + (every_ms[array_position(keys, key)] || ' ms')::interval
   where key = any (keys);
end $$;

create function give_back(keys text[], every_ms float8[]) returns void
language sql set search_path = footing_limits, pg_catalog, pg_temp as $$
  update attempt set free_at = free_at - (every_ms[array_position(keys, key)] || ' ms')::interval where key = any (keys)
$$;

create function sweep() returns int
language sql set search_path = footing_limits, pg_catalog, pg_temp as $$
  with gone as (
    delete from attempt where key in (
      select key from attempt where free_at < clock_timestamp() - interval '1 minute'
       order by free_at limit 5000 for update skip locked
    ) returning 1
  ) select count(*)::int from gone
$$;
