// Seals the access log every minute while the application runs; of many processes one does it, the others find nothing to do.
import type { Clock } from '@footing/kernel'
import type { DataSource } from '../../data/contract/contract.ts'
import type { Log } from '../../work/log.ts'
import { type AccessModule, loggedTables } from './logged-table.ts'
import { maintainLog } from './seal-and-retire.ts'

const everyMs = 60_000

/**
 * Starts where a table of the modules is logged; the result stops it. A seal that fails is told and tried again: entries
 * are safe without one, only unproved.
 */
export function keepAccessLog(
  data: DataSource | undefined,
  modules: readonly AccessModule[],
  clock: Clock,
  log: Log,
): () => void {
  if (data === undefined || loggedTables(modules).length === 0) return () => undefined
  const database = data.forModule('footing')
  let stopped = false
  const seal = async () => {
    await database.query(maintainLog).catch((error: unknown) => {
      if (!stopped) log.warn('the access log could not be sealed', {}, error)
    })
    if (!stopped) timer = clock.after(everyMs, () => void seal())
  }
  let timer = clock.after(everyMs, () => void seal())
  return () => {
    stopped = true
    timer.cancel()
  }
}
