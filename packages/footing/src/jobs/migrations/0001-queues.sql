create table footing_jobs.paused (
  queue text primary key,
  at timestamptz not null default now()
);
comment on table footing_jobs.paused is 'Queues whose jobs do not begin until they are resumed';

create table footing_jobs.pace (
  queue text not null,
  key text not null,
  begun timestamptz[] not null,
  last timestamptz not null,
  primary key (queue, key)
);
comment on table footing_jobs.pace is 'When jobs of queues with a rate began, as far back as the rate counts';

create table footing_jobs.kept_out (
  queue text not null,
  key text not null,
  job uuid not null,
  until timestamptz not null,
  primary key (queue, key)
);
create index kept_out_until on footing_jobs.kept_out (until);
comment on table footing_jobs.kept_out is 'Keys of jobs that keep a second one of the same key out for a time';
