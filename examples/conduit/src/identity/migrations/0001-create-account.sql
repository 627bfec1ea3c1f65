-- Accounts, and who follows whom. Names and addresses are unique whatever their letter case.
create table account (
  id bigint generated always as identity primary key,
  username text not null check (username <> ''),
  email text not null check (email <> ''),
  password_hash text not null,
  bio text not null default '',
  image text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index account_username_key on account (lower(username));
create unique index account_email_key on account (lower(email));

create table follow (
  follower_id bigint not null references account (id) on delete cascade,
  author_id bigint not null references account (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (follower_id, author_id),
  check (follower_id <> author_id)
);
create index follow_author on follow (author_id);

-- What other modules may read by declaration. No address, no password.
create view profile_card as select id, username, bio, image from account;
create view following as select follower_id, author_id from follow;
