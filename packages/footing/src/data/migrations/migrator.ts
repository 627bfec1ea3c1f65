// Brings the schemas of all modules up to date over the direct URL; many processes may try at once.
import { type Clock, systemClock } from '@footing/kernel'
import type { MigrationSource, MigrationStatus, Migrator } from '../contract.ts'
import { applyMigration } from './apply-migration.ts'
import { withDirectClient, withMigrationLock } from './direct-session.ts'
import type { MigrationFile } from './migration-file.ts'
import { readMigrations } from './migration-file.ts'
import { compareHistory, ensureHistory, readHistory, verifyHistory } from './migration-history.ts'
import { orderByNeeds } from './module-order.ts'

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
    log,
  }

  return {
    async up() {
      const files = await readAll(options.sources)
      return withDirectClient(options.url, (client) =>
        withMigrationLock(client, patience, async () => {
          await ensureHistory(client)
          const statuses = compareHistory(files, await readHistory(client))
          verifyHistory(statuses, modules)
          const done: MigrationStatus[] = []
          for (const file of files) {
            const pending = statuses.some(
              ({ module, name, state }) => module === file.module && name === file.name && state === 'pending',
            )
            if (!pending) continue
            await applyMigration(client, file, limits)
            log(`${file.module}/${file.name} applied`)
            done.push({
              module: file.module,
              name: file.name,
              state: 'applied',
              appliedAt: new Date(clock.now()).toISOString(),
            })
          }
          return done
        }),
      )
    },
    async status() {
      const files = await readAll(options.sources)
      return withDirectClient(options.url, async (client) => compareHistory(files, await readHistory(client)))
    },
  }
}

async function readAll(sources: readonly MigrationSource[]): Promise<readonly MigrationFile[]> {
  const files: MigrationFile[] = []
  for (const source of orderByNeeds(sources)) files.push(...(await readMigrations(source)))
  return files
}
