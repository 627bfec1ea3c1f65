// The table that remembers which migrations a database has, and the comparison with the files.
import type pg from 'pg'
import type { MigrationStatus } from '../../data/contract/contract.ts'
import { dataError } from '../../data/contract/errors.ts'
import type { MigrationFile } from '../files/migration-file.ts'

/** One row of the history. */
export interface AppliedMigration {
  readonly module: string
  readonly name: string
  readonly checksum: string | null
  /** `null` while a migration without transaction runs, and after it was interrupted. */
  readonly appliedAt: Date | null
}

/** Creates the table of the history when it is absent. Call it under the lock. */
export async function ensureHistory(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`select to_regclass('footing.migration') is not null as there`)
  if (rows[0]?.there === true) return
  await client.query(`
    begin;
    create schema if not exists footing;
    create table footing.migration (
      module text not null,
      name text not null,
      checksum text,
      started_at timestamptz not null default clock_timestamp(),
      applied_at timestamptz,
      primary key (module, name)
    );
    comment on table footing.migration is 'Migrations that this database has; written by footing migrate only';
    commit`)
}

/** All rows, or none when there is no history yet. */
export async function readHistory(client: pg.Client): Promise<readonly AppliedMigration[]> {
  const { rows: found } = await client.query(`select to_regclass('footing.migration') is not null as there`)
  if (found[0]?.there !== true) return []
  const { rows } = await client.query<AppliedMigration>(
    `select module, name, checksum, applied_at as "appliedAt" from footing.migration order by module, name`,
  )
  return rows
}

/** Says for each file and each row how they stand to each other, files first in their order. */
export function compareHistory(
  files: readonly MigrationFile[],
  history: readonly AppliedMigration[],
): readonly MigrationStatus[] {
  const applied = new Map(history.map((row) => [keyOf(row), row]))
  const known = new Set(files.map(keyOf))
  const ofFiles = files.map((file): MigrationStatus => {
    const row = applied.get(keyOf(file))
    const { module, name } = file
    const phase = file.phase === undefined ? {} : { phase: file.phase.kind }
    if (row === undefined || row.appliedAt === null) {
      const waitsFor = waitingFor(file, applied)
      const draft = file.draft === true ? { draft: true as const } : {}
      return { module, name, state: 'pending', ...phase, ...draft, ...(waitsFor === undefined ? {} : { waitsFor }) }
    }
    const changed = file.checksum !== undefined && row.checksum !== null && row.checksum !== file.checksum
    return { module, name, state: changed ? 'changed' : 'applied', ...phase, appliedAt: row.appliedAt.toISOString() }
  })
  const gone = history
    .filter((row) => !known.has(keyOf(row)))
    .map(
      ({ module, name, appliedAt }): MigrationStatus => ({
        module,
        name,
        state: 'missing',
        ...(appliedAt === null ? {} : { appliedAt: appliedAt.toISOString() }),
      }),
    )
  return [...ofFiles, ...gone]
}

/**
 * Refuses to go on where files and history contradict each other. Rows of modules that this application does not have
 * are somebody else's and stay untouched.
 * @throws `migration-changed`, `migration-missing`, `migration-out-of-order`
 */
export function verifyHistory(statuses: readonly MigrationStatus[], modules: ReadonlySet<string>): void {
  const last = new Map<string, string>()
  for (const { module, name, state } of statuses) {
    if (state === 'changed') throw dataError('migration-changed', { module, name })
    if (state === 'missing' && modules.has(module)) throw dataError('migration-missing', { module, name })
    if (state === 'applied') last.set(module, name)
  }
  for (const { module, name, state } of statuses) {
    const newest = last.get(module)
    if (state === 'pending' && newest !== undefined && name < newest) {
      throw dataError('migration-out-of-order', { module, name, last: newest })
    }
  }
}

// A contract whose expand is not in the database yet runs at the earliest in the run after that of its expand.
function waitingFor(file: MigrationFile, applied: ReadonlyMap<string, AppliedMigration>): string | undefined {
  if (file.phase?.kind !== 'contract') return undefined
  const expand = applied.get(`${file.module}/${file.phase.after}`)
  return expand === undefined || expand.appliedAt === null ? file.phase.after : undefined
}

function keyOf({ module, name }: { readonly module: string; readonly name: string }): string {
  return `${module}/${name}`
}
