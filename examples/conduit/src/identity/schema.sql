-- What the migrations of identity build. Written by: footing migrate dump. Reviewed like code, never run.

--- table account
create table account (
  id bigint generated always as identity not null
  username text not null
  email text not null
  password_hash text not null
  bio text default ''::text not null
  image text default ''::text not null
  created_at timestamp with time zone default now() not null
  updated_at timestamp with time zone default now() not null
  constraint account_email_check CHECK (email <> ''::text)
  constraint account_pkey PRIMARY KEY (id)
  constraint account_username_check CHECK (username <> ''::text)
)

--- index account.account_email_key
CREATE UNIQUE INDEX account_email_key ON account USING btree (lower(email))

--- index account.account_username_key
CREATE UNIQUE INDEX account_username_key ON account USING btree (lower(username))

--- table follow
create table follow (
  follower_id bigint not null
  author_id bigint not null
  created_at timestamp with time zone default now() not null
  constraint follow_author_id_fkey FOREIGN KEY (author_id) REFERENCES account(id) ON DELETE CASCADE
  constraint follow_check CHECK (follower_id <> author_id)
  constraint follow_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES account(id) ON DELETE CASCADE
  constraint follow_pkey PRIMARY KEY (follower_id, author_id)
)

--- index follow.follow_author
CREATE INDEX follow_author ON follow USING btree (author_id)

--- view following
create view following as
SELECT follower_id,
    author_id
   FROM follow

--- view profile_card
create view profile_card as
SELECT id,
    username,
    bio,
    image
   FROM account
