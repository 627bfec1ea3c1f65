-- Sessions by the SHA-256 of their token: who reads this table can use none of them.
create table session (
  digest text primary key check (length(digest) = 43),
  id uuid not null,
  user_id text not null check (length(user_id) between 1 and 200),
  about text not null check (length(about) <= 200),
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  idle_until timestamptz not null,
  ends_at timestamptz not null,
  -- Set when it went on under another token: this one works until then.
  replaced_until timestamptz
) with (fillfactor = 80);
create index session_user_id on session (user_id);
create index session_ends_at on session (ends_at);
