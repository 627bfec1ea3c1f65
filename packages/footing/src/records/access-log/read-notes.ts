// The reads of one transaction, kept until they can be written: with its commit, or after its rollback.
import type pg from 'pg'
import type { AccessLog } from './access-log.ts'
import type { ReadRecord } from './watched-reads.ts'

/** Records kept at most; what comes beyond is written at once over another connection. */
const mostKept = 1000

/** Collects what the statements of one transaction show. */
export class ReadNotes {
  readonly #log: AccessLog
  readonly #writeNow: (records: readonly ReadRecord[]) => Promise<void>
  #records: ReadRecord[] = []

  constructor(log: AccessLog, writeNow: (records: readonly ReadRecord[]) => Promise<void>) {
    this.#log = log
    this.#writeNow = writeNow
  }

  /** Notes a result before its rows are given out. */
  async add(text: string, result: pg.QueryResult): Promise<void> {
    for (const record of this.#log.readsOf(text, result)) this.#records.push(record)
    if (this.#records.length > mostKept) await this.#writeNow(this.take())
  }

  /** Hands the records over; they are then somebody else's to write. */
  take(): readonly ReadRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }
}
