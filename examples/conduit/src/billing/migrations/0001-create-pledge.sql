-- Monthly support of authors by readers. Amounts are whole cents; authors and readers are identifiers of identity.
create table plan (
  author_id bigint primary key,
  amount_cents integer not null check (amount_cents between 100 and 100000),
  currency text not null default 'EUR' check (currency ~ '^[A-Z]{3}$'),
  updated_at timestamptz not null default now()
);

create table pledge (
  id bigint generated always as identity primary key,
  reader_id bigint not null,
  author_id bigint not null,
  amount_cents integer not null,
  currency text not null,
  started_on date not null,
  months_invoiced integer not null check (months_invoiced >= 1),
  -- First day that no invoice covers yet. A reader who leaves keeps what is invoiced: access ends on this day.
  covered_until date not null,
  ended_at timestamptz,
  check (reader_id <> author_id)
);
create unique index pledge_active_key on pledge (reader_id, author_id) where ended_at is null;
create index pledge_by_author on pledge (author_id, reader_id, covered_until);
create index pledge_due on pledge (covered_until, id) where ended_at is null;

create table invoice (
  id bigint generated always as identity primary key,
  pledge_id bigint not null references pledge (id),
  reader_id bigint not null,
  author_id bigint not null,
  period_start date not null,
  period_end date not null,
  amount_cents integer not null,
  currency text not null,
  -- Supporters-only articles that the author published in the month before: what the reader pays for.
  articles integer not null,
  issued_at timestamptz not null,
  paid_at timestamptz,
  -- One invoice for one month of one pledge, however often the monthly run is repeated.
  constraint invoice_period_key unique (pledge_id, period_start)
);
create index invoice_by_reader on invoice (reader_id, id desc);


-- Supporters-only articles, as content announces them: billing never asks back, so the modules form no circle.
create table publication (
  article_id bigint primary key,
  author_id bigint not null,
  published_on date not null
);
create index publication_by_author on publication (author_id, published_on);
