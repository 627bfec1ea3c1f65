-- How many articles there are: in all, by author, by tag. Lists must say their total, and counting rows on each
-- request would grow with the table. Sixteen slots a subject, so that two writers rarely meet on one row.
create table tally (
  kind text not null check (kind in ('all', 'author', 'tag')),
  subject text not null,
  slot smallint not null check (slot between 0 and 15),
  articles bigint not null,
  primary key (kind, subject, slot)
);
