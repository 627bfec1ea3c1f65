// The tables of the probe, in a schema of its own, and how they are read when all is over.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DataSource } from '@footing/core/tooling'
import type { Effect, History, JournalLine, TickRun } from '../judge/history.ts'

/** Name of the probe's module and of its schema. */
export const probeName = 'drill_probe'

/** How often the probe's schedule is due. */
export const tickSeconds = 2

const tables = `create table ${probeName}.operation (
  id text primary key,
  kind text not null,
  plan text not null
);
create table ${probeName}.journal (
  position bigserial primary key,
  at timestamptz not null default clock_timestamp(),
  process text not null,
  operation text not null,
  kind text not null,
  step text not null,
  attempt integer not null
);
create index journal_of_operation on ${probeName}.journal (operation);
create table ${probeName}.effect (
  position bigserial primary key,
  at timestamptz not null default clock_timestamp(),
  process text not null,
  operation text not null,
  kind text not null
);
create table ${probeName}.effect_by_operation (
  operation text not null,
  kind text not null,
  primary key (operation, kind)
);
create table ${probeName}.tick (
  position bigserial primary key,
  at timestamptz not null default clock_timestamp(),
  process text not null,
  tick timestamptz not null
);
`

/** Writes the migration of the probe below a folder; answers with the folder of migrations. */
export function writeProbeMigrations(scratch: string): URL {
  const folder = join(scratch, 'probe')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '0001-create-tables.sql'), tables)
  return pathToFileURL(`${folder}/`)
}

/** How much waits: changes that are stored and whose effect has not come. Operations that always fail are not counted. */
export async function backlog(source: DataSource): Promise<number> {
  const [row] = await source.forModule(probeName).query<{ waiting: number }>(
    `select ((select count(*) from ${probeName}.operation where kind <> 'change' and plan <> 'poison')
       - (select count(*) from ${probeName}.effect_by_operation))::int as waiting`,
  )
  return row?.waiting ?? 0
}

/** How many lines the journal has: what tells whether anything still moves. */
export async function journalLength(source: DataSource): Promise<number> {
  const [row] = await source
    .forModule(probeName)
    .query<{ lines: number }>(`select coalesce(max(position), 0)::int as lines from ${probeName}.journal`)
  return row?.lines ?? 0
}

/** Reads everything that the probe wrote. */
export async function readProbe(
  source: DataSource,
): Promise<Pick<History, 'stored' | 'journal' | 'effects' | 'ticks'>> {
  const { query } = source.forModule(probeName)
  const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8 as ${column}`
  const operations = await query<{ id: string }>(`select id from ${probeName}.operation`)
  const journal = await query<JournalLine>(
    `select ${ms('at')}, process, operation, kind, step, attempt from ${probeName}.journal order by position`,
  )
  const effects = await query<Effect>(
    `select position::int, ${ms('at')}, process, operation, kind from ${probeName}.effect order by position`,
  )
  const ticks = await query<TickRun>(
    `select ${ms('at')}, process, ${ms('tick')} from ${probeName}.tick order by position`,
  )
  return { stored: new Set(operations.map(({ id }) => id)), journal, effects, ticks }
}
