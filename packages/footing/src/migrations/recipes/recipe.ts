// The safe ways to change a table that running code uses, written as migrations that only need to be read.
import { writtenName } from './written-name.ts'

/** What a recipe is about. */
export interface RecipeInput {
  readonly table: string
  readonly column: string
  /** Name of the new column. */
  readonly to: string
  /** Type of the new column, as SQL. */
  readonly type: string
  /** Key that a copy walks along; empty for the primary key. */
  readonly key: readonly string[]
}

/** One file of a recipe: what comes after its number, and its text when the numbers of all are known. */
export interface RecipeFile {
  readonly suffix: string
  readonly text: (numbers: readonly string[]) => string
}

/** A recipe as data. */
export interface Recipe {
  readonly summary: string
  /** What has to be given. The type is looked up in schema.sql when it is left out. */
  readonly needs: readonly (keyof RecipeInput)[]
  readonly files: (input: RecipeInput) => readonly RecipeFile[]
}

/** The recipes by name. */
export const recipes = {
  'rename-column': {
    summary: 'a new column under the new name, kept equal by a trigger, filled in batches, the old one dropped later',
    needs: ['table', 'column', 'to', 'type'],
    files: (input) => replaceColumn(input),
  },
  'type-change': {
    summary: 'a new column of the new type, kept equal by a trigger, filled in batches, the old one dropped later',
    needs: ['table', 'column', 'to', 'type'],
    files: (input) => replaceColumn(input),
  },
  'not-null': {
    summary: 'NOT NULL without a scan under a lock: a check, its validation, then the column',
    needs: ['table', 'column'],
    files: (input) => notNull(input),
  },
  backfill: {
    summary: 'one change of many rows in batches that can be interrupted',
    needs: ['table', 'column'],
    files: (input) => [
      { suffix: '', text: () => backfillText(input, `${writtenName(input.column)} = null -- the new value`, true) },
    ],
  },
  index: {
    summary: 'an index that is built while the table is written',
    needs: ['table', 'column'],
    files: (input) => [{ suffix: '', text: () => indexText(input) }],
  },
} as const satisfies Readonly<Record<string, Recipe>>

/** The name of a recipe. */
export type RecipeName = keyof typeof recipes

function replaceColumn(input: RecipeInput): readonly RecipeFile[] {
  const table = writtenName(input.table)
  const from = writtenName(input.column)
  const to = writtenName(input.to)
  const follows = writtenName(`${input.table}_${input.to}_follows`.slice(0, 63))
  return [
    {
      suffix: '-expand',
      text: () => `-- footing: phase expand
-- ${to} takes the place of ${from}. Both are written by whichever version of the code runs; old rows follow in the next file.
-- Lock: ACCESS EXCLUSIVE for a moment, no row is read. Does ${from} have a default, an index or a constraint? Give ${to} its own.
alter table ${table} add column ${to} ${input.type};

create function ${follows}() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.${to} is null then new.${to} := new.${from}; else new.${from} := new.${to}; end if;
  elsif new.${to} is distinct from old.${to} then new.${from} := new.${to};
  elsif new.${from} is distinct from old.${from} then new.${to} := new.${from};
  end if;
  return new;
end $$;

create trigger ${follows} before insert or update on ${table}
  for each row execute function ${follows}();
`,
    },
    {
      suffix: '-backfill',
      text: () =>
        backfillText(
          input,
          `${to} = ${table}.${from}::${input.type}`,
          false,
          `${table}.${to} is null and ${table}.${from} is not null`,
        ),
    },
    {
      suffix: '-contract',
      text: (numbers) => `-- footing: phase contract after ${numbers[1] ?? ''}
-- Production applies this in a later run than ${numbers[1] ?? ''}: deploy the code that reads and writes ${to} only in between.
-- Must ${to} be NOT NULL? footing migrate new <module> <name> --recipe not-null --table ${input.table} --column ${input.to}
-- Lock: ACCESS EXCLUSIVE for a moment.
drop trigger ${follows} on ${table};
drop function ${follows}();
alter table ${table} drop column ${from};
`,
    },
  ]
}

function notNull(input: RecipeInput): readonly RecipeFile[] {
  const table = writtenName(input.table)
  const column = writtenName(input.column)
  const present = writtenName(`${input.table}_${input.column}_present`.slice(0, 63))
  return [
    {
      suffix: '-check',
      text: () => `-- From here on nobody writes NULL into ${column}; code that still does fails, so it is deployed without that first.
-- Are there old rows with NULL? Fill them after this and before the next file, by a backfill.
-- Lock: ACCESS EXCLUSIVE for a moment, no row is read.
alter table ${table} add constraint ${present} check (${column} is not null) not valid;
`,
    },
    {
      suffix: '-validate',
      text: () => `-- Lock: SHARE UPDATE EXCLUSIVE while all rows are read; reads and writes go on.
alter table ${table} validate constraint ${present};
`,
    },
    {
      suffix: '-set',
      text: () => `-- Lock: ACCESS EXCLUSIVE for a moment: PostgreSQL believes the check and reads no row.
-- footing: allow scanning-not-null: ${present} is validated, so there is no scan
alter table ${table} alter column ${column} set not null;
alter table ${table} drop constraint ${present};
`,
    },
  ]
}

function backfillText(input: RecipeInput, set: string, draft: boolean, only?: string): string {
  const table = writtenName(input.table)
  const keys = input.key.length === 0 ? ['id'] : input.key
  const join = keys.map((key) => `${table}.${writtenName(key)} = batch.${writtenName(key)}`).join(' and ')
  return `${draft ? '-- footing: draft\n' : ''}-- footing: backfill ${table} by ${keys.map(writtenName).join(', ')} in batches of 1000
-- Each batch is committed by itself; a run that is killed goes on where it stopped. Lock: the rows of one batch.
update ${table} set ${set}
  from batch where ${join}${only === undefined ? '' : `\n   and ${only}`};
`
}

function indexText(input: RecipeInput): string {
  const name = writtenName(`${input.table}_by_${input.column}`.slice(0, 63))
  return `-- footing: no-transaction
-- Lock: SHARE UPDATE EXCLUSIVE; reads and writes go on. One statement only. A build that was interrupted is begun again.
create index concurrently if not exists ${name} on ${writtenName(input.table)} (${writtenName(input.column)});
`
}
