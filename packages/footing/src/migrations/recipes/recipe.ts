// The safe ways to change a table that running code uses, written as migrations that only need to be read.
import { writtenName } from './written-name.ts'

/** A check that names the column. */
export interface ColumnCheck {
  readonly name: string
  /** `(price > 0)`, with its parentheses. */
  readonly expression: string
}

/** What hangs on a column, as a dump says. */
export interface ColumnFacts {
  readonly notNull: boolean
  /** The default as SQL. */
  readonly fallback: string | undefined
  readonly checks: readonly ColumnCheck[]
  /** Everything else that goes when the column is dropped, in words: `index item_by_name`. */
  readonly others: readonly string[]
}

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
  /** What hangs on the column, with checks written for the new one; undefined without a dump. */
  readonly facts?: ColumnFacts | undefined
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
  const kept = keptConstraints(input)
  const last = kept.length > 0 ? 3 : 1
  return [
    {
      suffix: '-expand',
      text: () => `-- footing: phase expand
-- ${to} takes the place of ${from}. Both are written by whichever version of the code runs; old rows follow in the next file.
-- Lock: ACCESS EXCLUSIVE for a moment, no row is read.${input.facts !== undefined ? '' : ` Does ${from} have a default or a constraint? Run footing migrate dump first, then this recipe keeps them.`}
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
    ...(kept.length === 0 ? [] : keepFiles(table, to, kept)),
    { suffix: '-contract', text: (numbers) => contractText(input, follows, numbers[last] ?? '') },
  ]
}

interface Kept {
  readonly name: string
  readonly expression: string
}

/** What the new column has to hold as well, NOT NULL as a check at first. */
function keptConstraints({ table, column, to, facts }: RecipeInput): readonly Kept[] {
  const written = writtenName(to)
  const checks = (facts?.checks ?? []).map(({ name, expression }) => ({
    name: name.includes(column) ? name.replace(column, to) : `${name}_${to}`,
    expression,
  }))
  const present = { name: presentName(table, to), expression: `(${written} is not null)` }
  return [...(facts?.notNull === true ? [present] : []), ...checks].map(({ name, expression }) => ({
    name: writtenName(name.slice(0, 63)),
    expression,
  }))
}

const presentName = (table: string, column: string): string => `${table}_${column}_present`

function keepFiles(table: string, to: string, kept: readonly Kept[]): readonly RecipeFile[] {
  return [
    {
      suffix: '-keep',
      text: () => `-- What the old column had to hold holds for ${to} too. Read the checks: they were taken over word for word.
-- Lock: ACCESS EXCLUSIVE for a moment, no row is read.
${kept.map(({ name, expression }) => `alter table ${table} add constraint ${name} check ${expression} not valid;`).join('\n')}
`,
    },
    {
      suffix: '-validate',
      text: () => `-- Lock: SHARE UPDATE EXCLUSIVE while all rows are read; reads and writes go on.
${kept.map(({ name }) => `alter table ${table} validate constraint ${name};`).join('\n')}
`,
    },
  ]
}

function contractText({ table: name, column, to: target, type, facts }: RecipeInput, follows: string, after: string) {
  const table = writtenName(name)
  const from = writtenName(column)
  const to = writtenName(target)
  const present = writtenName(presentName(name, target).slice(0, 63))
  const lost = facts === undefined ? [] : facts.others
  const notNull =
    facts?.notNull === true
      ? `-- footing: allow scanning-not-null: ${present} is validated, so there is no scan
alter table ${table} alter column ${to} set not null;
alter table ${table} drop constraint ${present};
`
      : ''
  // Not before: with a default of its own the new column would hide what old code writes into the old one.
  const fallback =
    facts?.fallback === undefined
      ? ''
      : `alter table ${table} alter column ${to} set default (${facts.fallback})::${type};\n`
  return `-- footing: phase contract after ${after}
-- Applied when somebody says so: deploy the code that reads and writes ${to} only before that.
${lost.length === 0 ? '' : `-- Goes with ${from} and is not carried over; write what ${to} needs of it into a migration before this one:\n${lost.map((what) => `--   ${what.replaceAll('\n', ' ')}\n`).join('')}`}-- Lock: ACCESS EXCLUSIVE for a moment.
drop trigger ${follows} on ${table};
drop function ${follows}();
${notNull}${fallback}alter table ${table} drop column ${from};
`
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
