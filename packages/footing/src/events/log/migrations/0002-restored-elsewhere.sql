-- A dump that is restored into another cluster brings numbers of transactions that do not exist there yet: everything new would
-- look as if it had been read already. What is kept is then read again from its beginning, at least once.
create function footing_events.adopt() returns boolean language plpgsql as $$
declare
  ahead boolean;
begin
  select exists (
    select from footing_events.subscriber s
    cross join lateral (
      select p.snapshot from footing_events.position p where p.subscriber = s.name
      order by p.token desc, p.step desc limit 1) place
    where pg_snapshot_xmax(place.snapshot) > pg_snapshot_xmax(pg_current_snapshot())
  ) into ahead;
  if not ahead or not pg_try_advisory_xact_lock(hashtextextended('adopt', 20269)) then
    return false;
  end if;
  update footing_events.log set x = pg_current_xact_id() where x > pg_current_xact_id();
  update footing_events.subscriber set
    token = token + 1, holder = null, lease_until = null,
    since = (select coalesce(jsonb_object_agg(key, null), '{}') from jsonb_each(since));
  insert into footing_events.position (slot, subscriber, token, step, snapshot)
  select (select slot from footing_events.head), name, token, 0, '3:3:' from footing_events.subscriber;
  return true;
end $$;
