// Notes in the scope where its last write stands in the log, for later reads that must see it.
import { isFootingError } from '@footing/kernel'
import type { Run } from '../bound-queries.ts'
import type { QueryScope } from '../contract.ts'
import type { Session, StatementContext } from '../session.ts'
import { laterPosition } from './wal-position.ts'

const whereNow = 'select pg_current_wal_insert_lsn()::text as position'

/** Asks for the position after a statement that was committed by itself. One round trip, on the same connection. */
export async function rememberWrite(session: Session, { module, scope }: StatementContext): Promise<void> {
  const writes = scope?.writes
  if (writes === undefined) return
  // The write has happened: neither a deadline nor a client that has left may make it look failed now.
  const found = await session.execute(whereNow, [], { module, scope: undefined }).catch(() => undefined)
  note(writes, positionIn(found))
}

/** Commits and asks for the position in one message; the answer to `commit` is returned. */
export async function commitWithPosition(send: Run, scope: QueryScope | undefined): ReturnType<Run> {
  const writes = scope?.writes
  if (writes === undefined) return send('commit', [])
  const answers: unknown = await send(`commit; ${whereNow}`, [])
  // The driver answers a message of several statements with a list, which its types leave out.
  const [committed, found] = Array.isArray(answers) ? (answers as Awaited<ReturnType<Run>>[]) : []
  if (committed === undefined) throw new TypeError('The driver gave no answer for the commit.')
  note(writes, positionIn(found))
  return committed
}

/** After an error that leaves open whether the write has happened: no replica is sure to have it. */
export function forgetPosition(scope: QueryScope | undefined, error: unknown): void {
  if (scope?.writes === undefined || !isFootingError(error)) return
  if (/^data-(connection-lost|timeout|cancelled)$/.test(error.code)) scope.writes.position = unknownPosition
}

/** Stands for a write whose place is not known, so that reads that must see it go to the primary. */
export const unknownPosition = 'unknown'

function note(writes: { position: string | undefined }, position: string | undefined): void {
  writes.position = position === undefined ? unknownPosition : laterPosition(writes.position, position)
}

function positionIn(result: { rows: readonly unknown[] } | undefined): string | undefined {
  const row = result?.rows[0]
  if (typeof row !== 'object' || row === null || !('position' in row)) return undefined
  return typeof row.position === 'string' ? row.position : undefined
}
