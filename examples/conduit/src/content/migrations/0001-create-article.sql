-- Articles and what hangs on them. Identifiers grow with time, so "newest first" is "largest id first" and each
-- list is one walk along one index. Authors and readers are identifiers of another module: no foreign key crosses.
create table article (
  id bigint generated always as identity primary key,
  slug text not null constraint article_slug_key unique check (slug <> ''),
  title text not null,
  description text not null,
  body text not null,
  -- Never changes after creation, so it may stand here as well as in article_tag, which is there to be searched.
  tag_list text[] not null default '{}',
  author_id bigint not null,
  supporters_only boolean not null default false,
  favorites_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index article_by_author on article (author_id, id desc);

create table article_tag (
  tag text not null,
  article_id bigint not null references article (id) on delete cascade,
  primary key (tag, article_id)
);
create index article_tag_by_article on article_tag (article_id);

create table favorite (
  reader_id bigint not null,
  article_id bigint not null references article (id) on delete cascade,
  primary key (reader_id, article_id)
);
create index favorite_by_article on favorite (article_id);

create table comment (
  id bigint generated always as identity primary key,
  article_id bigint not null references article (id) on delete cascade,
  author_id bigint not null,
  body text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index comment_by_article on comment (article_id, id desc);
