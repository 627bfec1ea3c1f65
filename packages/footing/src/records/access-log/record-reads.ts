// Writes the reads of single statements, over the primary: a replica that gave the rows cannot take the entries.

import type { StatementContext } from '../../data/connection/session.ts'
import type { Router } from '../../data/transaction/module-database.ts'
import { noteReads } from './access-log.ts'
import { actorText } from './actor.ts'
import type { ReadRecord } from './watched-reads.ts'

/** Writes the records in one statement. When it fails, so does the read. */
export async function recordReads(
  router: Router,
  { module, scope }: StatementContext,
  records: readonly ReadRecord[],
): Promise<void> {
  // The statement is not the caller's, so nobody counts it.
  const { onQuery: _uncounted, ...uncounted } = scope ?? {}
  const values = [actorText(scope?.actor?.() ?? {}), JSON.stringify(records)]
  await router.writer().use(uncounted, (session) => session.execute(noteReads, values, { module, scope: uncounted }))
}
