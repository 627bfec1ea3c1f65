// The reads of one transaction, or of one statement, kept until they can be written.
import type pg from 'pg'
import type { QueryScope } from '../../data/contract/contract.ts'
import type { ReadNotes } from '../../data/contract/statement-hooks.ts'
import type { AccessLog } from './access-log.ts'
import { actorText } from './actor.ts'
import type { ReadRecord } from './watched-reads.ts'

/** Records kept at most; what comes beyond is written at once. */
const mostKept = 1000

/** Collects what statements show of logged records. */
export class RecordedReads implements ReadNotes {
  readonly #log: AccessLog
  readonly #scope: QueryScope | undefined
  #records: ReadRecord[] = []

  constructor(log: AccessLog, scope: QueryScope | undefined) {
    this.#log = log
    this.#scope = scope
  }

  see(text: string, result: pg.QueryResult): boolean {
    for (const record of this.#log.readsOf(text, result)) this.#records.push(record)
    return this.#records.length > mostKept
  }

  take(): { readonly text: string; readonly values: readonly unknown[] } | undefined {
    if (this.#records.length === 0) return undefined
    const records = JSON.stringify(this.#records)
    this.#records = []
    return {
      text: 'select footing_access.note_reads($1::jsonb, $2::jsonb)',
      values: [actorText(this.#scope?.actor?.() ?? {}), records],
    }
  }
}
