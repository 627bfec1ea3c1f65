// Sends a statement with the rights of its module and no others.
import pg from 'pg'
import { setActor } from '../../records/access-log/actor.ts'
import type { Session, StatementContext } from '../connection/session.ts'

/** The words that narrow a transaction's rights to those of a role, until it ends. */
export function setRole(role: string): string {
  return `set local role ${pg.escapeIdentifier(role)}`
}

/** Runs one statement in a transaction of its own under the role; costs two round trips more, so it is for tests. */
export async function runAsModule(
  session: Session,
  role: string,
  statement: { readonly text: string; readonly values: readonly unknown[]; readonly context: StatementContext },
): Promise<pg.QueryResult> {
  const { text, values, context } = statement
  // The statements that frame it are not the caller's, so nobody counts them.
  const { onQuery: _uncounted, ...scope } = context.scope ?? {}
  const frame: StatementContext = { module: context.module, scope }
  const { actor, ...uncommitted } = context
  const begin = ['begin', ...(actor === undefined ? [] : [setActor(actor)]), setRole(role)].join('; ')
  await session.execute(begin, [], frame)
  try {
    const result = await session.execute(text, values, uncommitted)
    await session.execute('commit', [], frame)
    return result
  } catch (error) {
    if (!session.broken)
      await session.execute('rollback', [], { module: context.module, scope: undefined }).catch(() => undefined)
    throw error
  }
}
