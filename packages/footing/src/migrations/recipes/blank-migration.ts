// What `footing migrate new` writes when no recipe is asked for: a file that teaches what to think of.

/** A draft: the migrator leaves it alone until the first line is removed. */
export function blankMigration(what: string): string {
  return `-- footing: draft
-- ${what.replaceAll('-', ' ')}
--
-- Remove the first line when this is written; until then nothing applies it. Names are unqualified: they belong to this module.
-- Then: footing migrate plan   reviews it (locks, what breaks the running version, loss of data)
--       footing migrate up     applies it; footing migrate redo <module> undoes and applies it anew in development
--
-- Safe while the version before still runs: new tables, new columns that may be NULL or have a constant default, new views.
-- Not safe in one step: rename, type change, NOT NULL, drop. Expand, deploy, contract; the recipes write it:
--   footing migrate new <module> <name> --recipe rename-column --table item --column name --to title
-- Locks: an index on a table with rows is built alone, by "create index concurrently", in a file with "-- footing: no-transaction".
--        many rows are changed in batches: "-- footing: backfill item by id in batches of 1000".
--        a foreign key or check is added "not valid" here and validated in the next file.

`
}
