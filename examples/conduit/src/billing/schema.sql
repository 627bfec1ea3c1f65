-- What the migrations of billing build. Written by: footing migrate dump. Reviewed like code, never run.

--- table invoice
create table invoice (
  id bigint generated always as identity not null
  pledge_id bigint not null
  reader_id bigint not null
  author_id bigint not null
  period_start date not null
  period_end date not null
  amount_cents integer not null
  currency text not null
  articles integer not null
  issued_at timestamp with time zone not null
  paid_at timestamp with time zone
  constraint invoice_period_key UNIQUE (pledge_id, period_start)
  constraint invoice_pkey PRIMARY KEY (id)
  constraint invoice_pledge_id_fkey FOREIGN KEY (pledge_id) REFERENCES pledge(id)
)

--- index invoice.invoice_by_reader
CREATE INDEX invoice_by_reader ON invoice USING btree (reader_id, id DESC)

--- table plan
create table plan (
  author_id bigint not null
  amount_cents integer not null
  currency text default 'EUR'::text not null
  updated_at timestamp with time zone default now() not null
  constraint plan_amount_cents_check CHECK (amount_cents >= 100 AND amount_cents <= 100000)
  constraint plan_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text)
  constraint plan_pkey PRIMARY KEY (author_id)
)

--- table pledge
create table pledge (
  id bigint generated always as identity not null
  reader_id bigint not null
  author_id bigint not null
  amount_cents integer not null
  currency text not null
  started_on date not null
  months_invoiced integer not null
  covered_until date not null
  ended_at timestamp with time zone
  constraint pledge_check CHECK (reader_id <> author_id)
  constraint pledge_months_invoiced_check CHECK (months_invoiced >= 1)
  constraint pledge_pkey PRIMARY KEY (id)
)

--- index pledge.pledge_active_key
CREATE UNIQUE INDEX pledge_active_key ON pledge USING btree (reader_id, author_id) WHERE ended_at IS NULL

--- index pledge.pledge_by_author
CREATE INDEX pledge_by_author ON pledge USING btree (author_id, reader_id, covered_until)

--- index pledge.pledge_due
CREATE INDEX pledge_due ON pledge USING btree (covered_until, id) WHERE ended_at IS NULL

--- table publication
create table publication (
  article_id bigint not null
  author_id bigint not null
  published_on date not null
  constraint publication_pkey PRIMARY KEY (article_id)
)

--- index publication.publication_by_author
CREATE INDEX publication_by_author ON publication USING btree (author_id, published_on)
