// Puts the tables of pg-boss in place, or brings those of an older version up to date, by its own plans.
import { migrateOwnTables } from '../../migrations/index.ts'
import { jobsSchema } from './pg-boss-sample.ts'

// Beside the sources in the published package too: compiling copies no SQL.
const folder = new URL('../../../src/jobs/migrations/', import.meta.url)

/**
 * Runs over the direct URL, as the owner. Many processes may try at once.
 * @throws `migration-failed`
 */
export async function provisionPgBoss(directUrl: string): Promise<void> {
  await migrateOwnTables(directUrl, jobsSchema, folder)
  const { PgBoss } = await import('pg-boss')
  const boss = new PgBoss({
    connectionString: directUrl,
    schema: jobsSchema,
    max: 1,
    migrate: true,
    createSchema: true,
    supervise: false,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  })
  // What it only reports: starting says what matters.
  boss.on('error', () => undefined)
  try {
    await boss.start()
  } finally {
    await boss.stop({ graceful: false })
  }
}
