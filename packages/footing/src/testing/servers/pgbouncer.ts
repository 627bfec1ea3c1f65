// PgBouncer in transaction mode for tests, with what a test needs beyond a developer's.
import { type PgBouncer, startPgBouncer } from '../../servers/pooler/start-pgbouncer.ts'

/** Starts it in front of `serverUrl`; `folder` is removed with it. */
export function startTestPgBouncer(program: string, serverUrl: string, folder: string): Promise<PgBouncer> {
  // A test that drops its database must not wait for connections that nobody uses.
  return startPgBouncer({ program, serverUrl, folder, temporary: true, settings: { server_idle_timeout: '5' } })
}
