create table footing_effects.effect (
  module text not null,
  key text not null,
  result jsonb,
  at timestamptz not null default now(),
  primary key (module, key)
);
create index effect_age on footing_effects.effect (module, at);
comment on table footing_effects.effect is 'What has been done once and must not be done again; written in the transaction that does it';
