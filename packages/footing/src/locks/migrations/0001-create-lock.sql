-- Locks of modules: a row stays when it is given back, because its token must never be given out again.
create table lock (
  key text primary key check (length(key) <= 300),
  token bigint not null,
  holder text not null,
  held_until timestamptz not null
) with (fillfactor = 50);

-- The largest token under which something was written; in the transactions of modules.
create table fence (
  key text primary key check (length(key) <= 300),
  token bigint not null
) with (fillfactor = 50);
