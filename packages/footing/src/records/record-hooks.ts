// Joins records to the statements of a data source, by the hooks that `data` offers.
import type { StatementHooks } from '../data/contract/statement-hooks.ts'
import { AccessLog } from './access-log/access-log.ts'
import type { AccessModule } from './access-log/logged-table.ts'
import { RecordedReads } from './access-log/recorded-reads.ts'
import { personalTables } from './personal-data/declared-table.ts'
import { erasedState } from './personal-data/erasure-tables.ts'
import { personalDataErrors } from './personal-data/errors.ts'
import { requireFences } from './personal-data/verify-personal-data.ts'

/**
 * What `openDataSource` takes as `hooks`: the database is told who writes, reads of logged tables are recorded before their
 * rows are given out, and a write about an erased person has its code. The first `ping` compares the database with the
 * manifests.
 * @throws (from `ping`) `access-log-missing`, `personal-data-missing`, `personal-data-unfenced`
 */
export function recordHooks(modules: readonly AccessModule[]): StatementHooks {
  const personal = modules.flatMap(personalTables)
  let fenced = personal.length === 0
  const explainFault = (state: string, cause: unknown) =>
    state === erasedState ? personalDataErrors('personal-data-erased', { cause }) : undefined
  const log = new AccessLog(modules)
  const prepare: StatementHooks['prepare'] = async (send) => {
    await log.verifyInstalled(send)
    if (!fenced) await requireFences(send, personal)
    fenced = true
  }
  if (log.empty) return { explainFault, prepare }
  return {
    explainFault,
    prepare,
    beforeWrite: (module, scope) => log.beforeWrite(module, scope),
    ...(log.recordsReads ? { noteReads: (scope) => new RecordedReads(log, scope) } : {}),
  }
}
