-- What the migrations of content build. Written by: footing migrate dump. Reviewed like code, never run.

--- table article
create table article (
  id bigint generated always as identity not null
  slug text not null
  title text not null
  description text not null
  body text not null
  tag_list text[] default '{}'::text[] not null
  author_id bigint not null
  supporters_only boolean default false not null
  favorites_count integer default 0 not null
  created_at timestamp with time zone default now() not null
  updated_at timestamp with time zone default now() not null
  constraint article_pkey PRIMARY KEY (id)
  constraint article_slug_check CHECK (slug <> ''::text)
  constraint article_slug_key UNIQUE (slug)
)

--- index article.article_by_author
CREATE INDEX article_by_author ON article USING btree (author_id, id DESC)

--- table article_tag
create table article_tag (
  tag text not null
  article_id bigint not null
  constraint article_tag_article_id_fkey FOREIGN KEY (article_id) REFERENCES article(id) ON DELETE CASCADE
  constraint article_tag_pkey PRIMARY KEY (tag, article_id)
)

--- index article_tag.article_tag_by_article
CREATE INDEX article_tag_by_article ON article_tag USING btree (article_id)

--- table comment
create table comment (
  id bigint generated always as identity not null
  article_id bigint not null
  author_id bigint not null
  body text not null
  created_at timestamp with time zone default now() not null
  updated_at timestamp with time zone default now() not null
  constraint comment_article_id_fkey FOREIGN KEY (article_id) REFERENCES article(id) ON DELETE CASCADE
  constraint comment_pkey PRIMARY KEY (id)
)

--- index comment.comment_by_article
CREATE INDEX comment_by_article ON comment USING btree (article_id, id DESC)

--- table favorite
create table favorite (
  reader_id bigint not null
  article_id bigint not null
  constraint favorite_article_id_fkey FOREIGN KEY (article_id) REFERENCES article(id) ON DELETE CASCADE
  constraint favorite_pkey PRIMARY KEY (reader_id, article_id)
)

--- index favorite.favorite_by_article
CREATE INDEX favorite_by_article ON favorite USING btree (article_id)

--- table tally
create table tally (
  kind text not null
  subject text not null
  slot smallint not null
  articles bigint not null
  constraint tally_kind_check CHECK (kind = ANY (ARRAY['all'::text, 'author'::text, 'tag'::text]))
  constraint tally_pkey PRIMARY KEY (kind, subject, slot)
  constraint tally_slot_check CHECK (slot >= 0 AND slot <= 15)
)
