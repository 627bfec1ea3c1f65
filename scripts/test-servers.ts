// Start and end of a test run: opens the desk that hands out real PostgreSQL, PgBouncer and Redis, and closes it.
import { ensurePrograms, openServerHarness, testPrograms } from '@footing/core/testing'

/** Called by vitest before the first and after the last test file. Servers start when a test asks for them. */
export default async function setup(): Promise<() => Promise<void>> {
  const log = (line: string): void => {
    process.stderr.write(`test servers: ${line}\n`)
  }
  // `npm test` promises everything; a single file run by hand installs only what it asks for.
  if (process.env.npm_lifecycle_event === 'test') await ensurePrograms(testPrograms, log)
  const desk = await openServerHarness({
    resolveFrom: [new URL('../packages/cli/package.json', import.meta.url).href],
    log,
  })
  process.env.FOOTING_TEST_SERVERS = desk.url
  return () => desk.close()
}
