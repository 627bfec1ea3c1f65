// Brings the schemas of all modules up to date over the direct URL; many processes may try at once.
import { type Clock, systemClock } from '@footing/kernel'
import type pg from 'pg'
import { withDirectClient, withMigrationLock } from '../../data/connection/direct-session.ts'
import type { MigrationSource, MigrationStatus, Migrator } from '../../data/contract/contract.ts'
import type { MigrationFile } from '../files/migration-file.ts'
import { readMigrations } from '../files/migration-file.ts'
import { applyMigration } from './apply-migration.ts'
import { compareHistory, ensureHistory, readHistory, verifyHistory } from './migration-history.ts'
import { orderByNeeds } from './module-order.ts'
import { readProgress } from './run-backfill.ts'

/** What a migrator works with. */
export interface MigratorOptions {
  /** URL of PostgreSQL itself, never of a pooler. */
  readonly url: string
  readonly sources: readonly MigrationSource[]
  /** Longest wait for another process that migrates, in milliseconds. Default 60 000. */
  readonly waitTimeoutMs?: number
  /** Longest wait for a lock on a table, in milliseconds. Default 2000. */
  readonly lockTimeoutMs?: number
  /** How often a migration that got no lock is tried again. Default 5. */
  readonly lockRetries?: number
  /** Longest time of one statement inside a transaction, in milliseconds. Default 10 minutes. */
  readonly statementTimeoutMs?: number
  /**
   * True leaves a contract, and what comes after it in its module, for a later run when its expand is applied in this
   * one: between the two runs lies the deployment. A module that begins with nothing has no running code to break, so
   * there all is applied. `until-told` leaves every contract, also one whose expand an earlier run has applied. Default
   * false; production sets true, and `footing dev`, which runs again on every change, `until-told`.
   */
  readonly holdContracts?: boolean | 'until-told'
  /** Leaves out what it answers false for: a database is then built up to a point of the history. */
  readonly only?: (migration: Pick<MigrationFile, 'module' | 'name'>) => boolean
  readonly clock?: Clock
  readonly log?: (line: string) => void
}

/** Makes a migrator; nothing is read or connected before it is used. */
export function createMigrator(options: MigratorOptions): Migrator {
  const clock = options.clock ?? systemClock
  const log = options.log ?? (() => undefined)
  const modules = new Set(options.sources.map(({ module }) => module))
  const patience = {
    timeoutMs: options.waitTimeoutMs ?? 60_000,
    sleep: (ms: number) => clock.sleep(ms),
    elapsed: () => clock.monotonic(),
    log,
  }
  const limits = {
    lockTimeoutMs: options.lockTimeoutMs ?? 2000,
    lockRetries: options.lockRetries ?? 5,
    statementTimeoutMs: options.statementTimeoutMs ?? 600_000,
    sleep: patience.sleep,
    elapsed: patience.elapsed,
    log,
  }

  return {
    async up() {
      const files = await readAllMigrations(options.sources)
      return withDirectClient(options.url, (client) =>
        withMigrationLock(client, patience, async () => {
          await ensureHistory(client)
          const statuses = compareHistory(files, await readHistory(client))
          verifyHistory(statuses, modules)
          const held = heldBack(statuses, options.holdContracts ?? false)
          const done: MigrationStatus[] = []
          for (const file of files) {
            const { module, name } = file
            const pending = statuses.some(
              (status) => status.module === module && status.name === name && status.state === 'pending',
            )
            if (!pending || options.only?.(file) === false) continue
            const reason = held.get(`${module}/${name}`)
            if (reason !== undefined) {
              log(`${module}/${name} waits: ${reason}`)
              continue
            }
            await applyMigration(client, file, limits)
            log(`${module}/${name} applied`)
            done.push({ module, name, state: 'applied', appliedAt: new Date(clock.now()).toISOString() })
          }
          return done
        }),
      )
    },
    async status() {
      const files = await readAllMigrations(options.sources)
      return withDirectClient(options.url, async (client) =>
        withProgress(client, compareHistory(files, await readHistory(client))),
      )
    },
  }
}

/** The files of all modules in the order in which they are applied. */
export async function readAllMigrations(sources: readonly MigrationSource[]): Promise<readonly MigrationFile[]> {
  const files: MigrationFile[] = []
  for (const source of orderByNeeds(sources)) files.push(...(await readMigrations(source)))
  return files
}

// Judged before anything runs, so that an expand which this very run applies still counts as missing.
function heldBack(
  statuses: readonly MigrationStatus[],
  holdContracts: boolean | 'until-told',
): ReadonlyMap<string, string> {
  const begun = new Set(statuses.filter(({ state }) => state === 'applied').map(({ module }) => module))
  const stopped = new Map<string, string>()
  const held = new Map<string, string>()
  for (const { module, name, state, phase, waitsFor, draft } of statuses) {
    if (state !== 'pending') continue
    const before = stopped.get(module)
    if (before !== undefined) held.set(`${module}/${name}`, `it comes after ${before}`)
    else if (draft === true) {
      stopped.set(module, name)
      held.set(`${module}/${name}`, 'it is a draft; remove the line "-- footing: draft" when it is written')
    } else if (phase === 'contract' && holdContracts === 'until-told' && begun.has(module)) {
      stopped.set(module, name)
      held.set(`${module}/${name}`, 'it takes away what running code may use; footing migrate up applies it')
    } else if (waitsFor !== undefined && holdContracts !== false && begun.has(module)) {
      stopped.set(module, name)
      held.set(`${module}/${name}`, `deploy the code that goes with ${waitsFor}, then run it again`)
    }
  }
  return held
}

async function withProgress(
  client: pg.Client,
  statuses: readonly MigrationStatus[],
): Promise<readonly MigrationStatus[]> {
  const begun = await readProgress(client)
  return statuses.map((status) => {
    const progress = begun.find(({ module, name }) => module === status.module && name === status.name)
    return progress === undefined || status.state !== 'pending' ? status : { ...status, rowsDone: progress.rows }
  })
}
