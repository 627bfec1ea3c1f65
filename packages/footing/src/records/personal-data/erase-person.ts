// The erasure of a person: table by table through the ports, then the stores, then the proof.
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isFootingError } from '@footing/kernel'
import type { Database } from '../../data/contract/contract.ts'
import { type DeclaredTable, personalTables } from './declared-table.ts'
import { type ErasureStep, requestErasure } from './erase-step.ts'
import { believedMs } from './erased-people.ts'
import { accountDatabase, noteStore, timesOf } from './erasure-account.ts'
import { personalDataErrors } from './errors.ts'
import type { ErasedStore, ErasedTable, ErasureProof, PersonalDataOptions } from './personal-data.ts'

/** Passes over all tables until one finds nothing: what was under way at the beginning is seen by the second. */
const mostPasses = 5
const mostAttempts = 20

/** Erases and proves it. */
export async function erasePerson(options: PersonalDataOptions, subject: string): Promise<ErasureProof> {
  const tables = options.modules.toReversed().flatMap(personalTables)
  const account = accountDatabase(options)
  const done = new Map<DeclaredTable, ErasureStep>()
  let refusedSince = performance.now()
  for (let pass = 0; pass < mostPasses; pass += 1) {
    let rows = 0
    for (const table of tables) rows += await eraseTable(options, table, subject, done)
    // In the first pass each database has learned of the erasure, at the latest with its last table.
    if (pass === 0) refusedSince = performance.now()
    if (rows === 0) break
  }
  const stores = await eraseStores(options, account, subject)
  await delay(Math.max(0, refusedSince + believedMs - performance.now()))
  const told = {
    subject,
    ...(await timesOf(options, account, subject)),
    tables: tables.map((table) => erasedTable(table, done.get(table))),
    stores,
    access: 'no token and no session of the person is let in any more',
    accessLog: 'its entries stay, under a pseudonym that leads to nobody any more',
  }
  const proof = { ...told, digest: createHash('sha256').update(JSON.stringify(told)).digest('hex') }
  await account?.query('select footing_personal.finish_erasure($1, $2::jsonb)', [subject, JSON.stringify(proof)])
  return proof
}

async function eraseTable(
  { ports, clock }: PersonalDataOptions,
  table: DeclaredTable,
  subject: string,
  done: Map<DeclaredTable, ErasureStep>,
): Promise<number> {
  const step = async (): Promise<ErasureStep> => {
    const answer = await ports[table.module]?.erasePersonalData?.({ table: table.table, subject })
    // The answer was checked against the schema of the operation, which says exactly this.
    return answer as ErasureStep
  }
  let rows = 0
  for (;;) {
    const last = await patiently(step, clock)
    done.set(table, last)
    rows += last.rows
    if (last.rows === 0) return rows
  }
}

// A transaction that writes about the person holds the beginning up for as long as it takes.
async function patiently<T>(work: () => Promise<T>, clock: PersonalDataOptions['clock']): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (isFootingError(error, 'data-query-failed') && /footing_personal/.test(error.message)) {
        throw personalDataErrors('personal-data-missing', { cause: error })
      }
      const conflict = isFootingError(error) && /^data-(lock-timeout|deadlock|serialization-failure)$/.test(error.code)
      if (!conflict) throw error
      if (attempt >= mostAttempts) throw personalDataErrors('personal-data-busy', { cause: error })
      await clock.sleep(Math.min(1000, 20 * 2 ** attempt))
    }
  }
}

/** After the tables: from there on nobody is let in who would put something into a store. */
async function eraseStores(
  { stores: all, clock }: PersonalDataOptions,
  account: Database<unknown> | undefined,
  subject: string,
): Promise<readonly ErasedStore[]> {
  const results: ErasedStore[] = []
  const stores = all?.() ?? []
  if (stores.length > 0 && account !== undefined) await patiently(() => requestErasure(account, subject), clock)
  for (const store of stores) {
    const { erased, ...rest } = await store.erase(subject)
    const total = await noteStore(account, subject, store.name, erased, rest.left)
    results.push({ store: store.name, erased: total ?? erased, ...rest })
  }
  return results
}

function erasedTable(table: DeclaredTable, step: ErasureStep | undefined): ErasedTable {
  return {
    module: table.module,
    table: table.table,
    action: table.erase,
    rows: step?.total ?? 0,
    kept: step?.kept ?? 0,
    ...(table.keep === undefined ? {} : table.keep),
  }
}
