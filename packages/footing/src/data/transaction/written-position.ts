// Notes in the scope where its last write stands in the log, for later reads that must see it.
import { isFootingError } from '@footing/kernel'
import type { Session, StatementContext } from '../connection/session.ts'
import type { QueryScope } from '../contract/contract.ts'
import { laterPosition, unknownPosition } from '../contract/wal-position.ts'

const whereNow = 'select pg_current_wal_insert_lsn()::text as position'

/** Asks for the position after a statement that was committed by itself. One round trip, on the same connection. */
export async function rememberWrite(session: Session, { module, scope }: StatementContext): Promise<void> {
  const writes = scope?.writes
  if (writes === undefined) return
  // The write has happened: neither a deadline nor a client that has left may make it look failed now.
  const found = await session.execute(whereNow, [], { module, scope: undefined }).catch(() => undefined)
  note(writes, positionIn(found))
}

/** Commits and asks for the position in one message; what the server answered to the commit is returned. */
export async function commitWithPosition(session: Session, statement: StatementContext): Promise<string> {
  let command: string | undefined
  const sending = { opening: ['commit'], inTransaction: true, onOpened: (answer: string) => (command = answer) }
  // From its answer on the commit has happened, whatever becomes of the question behind it.
  const found = await session.execute(whereNow, [], statement, sending).catch((error: unknown) => {
    if (command === undefined) throw error
  })
  if (command === 'COMMIT' && statement.scope?.writes !== undefined)
    note(statement.scope.writes, positionIn(found ?? undefined))
  return command ?? ''
}

/** After an error that leaves open whether the write has happened: no replica is sure to have it. */
export function forgetPosition(scope: QueryScope | undefined, error: unknown): void {
  if (scope?.writes === undefined || !isFootingError(error)) return
  if (/^data-(connection-lost|timeout|cancelled)$/.test(error.code)) scope.writes.position = unknownPosition
}

function note(writes: { position: string | undefined }, position: string | undefined): void {
  writes.position = position === undefined ? unknownPosition : laterPosition(writes.position, position)
}

function positionIn(result: { rows: readonly unknown[] } | undefined): string | undefined {
  const row = result?.rows[0]
  if (typeof row !== 'object' || row === null || !('position' in row)) return undefined
  return typeof row.position === 'string' ? row.position : undefined
}
