-- One row for each schedule that a module of some application has declared.
create table footing_cron.schedule (
  name text primary key,
  application text not null,
  pattern text not null,
  zone text not null,
  declared jsonb not null,
  -- Ticks up to here have been decided, whatever came of them.
  decided_until timestamptz not null,
  missed bigint not null default 0,
  paused_at timestamptz,
  removed_at timestamptz,
  changed_at timestamptz not null
);

-- One row for each tick: its key is why no two replicas run one.
create table footing_cron.tick (
  schedule text not null references footing_cron.schedule (name) on delete cascade,
  tick timestamptz not null,
  kind text not null check (kind in ('scheduled', 'caught-up', 'manual')),
  state text not null check (state in ('waiting', 'running', 'done', 'failed', 'missed', 'skipped', 'cancelled')),
  run_at timestamptz not null,
  attempt integer not null default 0,
  owner text,
  lease_until timestamptz,
  cancel boolean not null default false,
  started_at timestamptz,
  ended_at timestamptz,
  code text,
  request_id text,
  trace_id text,
  primary key (schedule, tick)
);

create index tick_open on footing_cron.tick (schedule, tick) where state in ('waiting', 'running');
