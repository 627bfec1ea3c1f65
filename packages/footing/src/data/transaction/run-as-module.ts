// Sends a statement with the rights of its module and no others.
import type pg from 'pg'
import type { Session, StatementContext } from '../connection/session.ts'
import { changedScope } from '../contract/query-scope.ts'
import { quoteName } from '../contract/quote.ts'

/** The words that narrow a transaction's rights to those of a role, until it ends. */
export function setRole(role: string): string {
  return `set local role ${quoteName(role)}`
}

/** Runs one statement in a transaction of its own under the role; costs two round trips more, so it is for tests. */
export async function runAsModule(
  session: Session,
  role: string,
  statement: { readonly text: string; readonly values: readonly unknown[]; readonly context: StatementContext },
): Promise<pg.QueryResult> {
  const { text, values, context } = statement
  // The statements that frame it are not the caller's, so nobody counts them.
  const frame: StatementContext = {
    module: context.module,
    scope: changedScope(context.scope, { onQuery: undefined }),
  }
  const { before, ...uncommitted } = context
  await session.execute(['begin', ...(before === undefined ? [] : [before]), setRole(role)].join('; '), [], frame)
  try {
    const result = await session.execute(text, values, uncommitted, { prepared: true, inTransaction: true })
    await session.execute('commit', [], frame)
    return result
  } catch (error) {
    if (!session.broken)
      await session.execute('rollback', [], { module: context.module, scope: undefined }).catch(() => undefined)
    throw error
  }
}
