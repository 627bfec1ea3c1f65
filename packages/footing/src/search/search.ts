// The facade: checks, limits, batches, cursors, safe excerpts and use after close, the same for every driver.
import { channel } from 'node:diagnostics_channel'
import { type Clock, systemClock } from '@footing/kernel'
import type { Database } from '../data/contract/contract.ts'
import { onTransactionEnd } from '../data/contract/transaction-end.ts'
import type {
  FilterKind,
  PreparedDocument,
  PutResult,
  RemovedDocument,
  Search,
  SearchDatabase,
  SearchDocument,
  SearchDriver,
  SearchIndex,
  SearchPage,
  SearchRequest,
  SearchStats,
} from './contract/contract.ts'
import { searchError } from './contract/errors.ts'
import { markUp } from './contract/highlight.ts'
import { writeCursor } from './cursor.ts'
import { executorOn, transactionOf } from './executor.ts'
import { prepareDocuments } from './prepare-document.ts'
import { prepareRequest } from './prepare-request.ts'

/** What the facade adds to a driver. */
export interface SearchLimits {
  /** UTF-8 bytes of all texts of one document. Default 512 KiB. */
  readonly maxDocumentBytes?: number
  /** How long the version of a removed document is remembered, in milliseconds. Default one day. */
  readonly keepRemovedMs?: number
  readonly clock?: Clock
}

/** A deferred put that failed: its documents are missing from the index until the next put or rebuild. */
export interface LostPut {
  readonly index: string
  readonly documents: number
  readonly error: unknown
}

/** Tells of each lost put, `LostPut`. */
export const lostPutChannel = channel('footing:search-lost')

const hour = 3_600_000
/** Documents that a rebuild hands over at once, and bytes of their texts, whichever comes first. */
const batch = { documents: 500, bytes: 4 * 1024 * 1024 }

/** Puts the facade in front of a driver. Applications call `openSearch`; tests of a driver call this. */
export function searchOn(driver: SearchDriver, limits: SearchLimits = {}): Search {
  return new DrivenSearch(driver, limits)
}

type Filters = Readonly<Record<string, FilterKind>>

class DrivenSearch implements Search {
  readonly #driver: SearchDriver
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #keepRemovedMs: number
  readonly #running = new Set<Promise<unknown>>()
  readonly #forgotAt = new Map<string, number>()
  #lost = 0
  #closing: Promise<void> | undefined

  constructor(driver: SearchDriver, { maxDocumentBytes = 512 * 1024, keepRemovedMs = 24 * hour, clock }: SearchLimits) {
    this.#driver = driver
    this.#clock = clock ?? systemClock
    this.#maxBytes = maxDocumentBytes
    this.#keepRemovedMs = keepRemovedMs
  }

  get guarantees(): SearchDriver['guarantees'] {
    return this.#driver.guarantees
  }

  get stats(): SearchStats {
    return { running: this.#running.size, lost: this.#lost }
  }

  async put<Tables, Field extends string, Declared extends Filters>(
    database: SearchDatabase<Tables>,
    index: SearchIndex<Field, Declared>,
    documents: readonly SearchDocument<Field, Declared>[],
  ): Promise<PutResult> {
    return this.#write(database, index, prepareDocuments(index, documents, { maxBytes: this.#maxBytes }))
  }

  async remove<Tables>(
    database: SearchDatabase<Tables>,
    index: SearchIndex,
    documents: readonly RemovedDocument[],
  ): Promise<PutResult> {
    // Whatever else the objects hold: only id and version go on.
    const removed = documents.map(({ id, version }) => ({ id, version }))
    const result = await this.#write(database, index, prepareDocuments(index, removed, { maxBytes: this.#maxBytes }))
    await this.#forget(database, index)
    return result
  }

  async search<Tables, Field extends string, Declared extends Filters>(
    database: SearchDatabase<Tables>,
    index: SearchIndex<Field, Declared>,
    request: SearchRequest<Declared>,
  ): Promise<SearchPage> {
    this.#admit()
    const prepared = prepareRequest(index, request)
    if (prepared.typos) this.#admitTypos(index)
    const { hits, total } = await this.#track(this.#driver.search(executorOn(database), index, prepared))
    const page = hits.slice(0, prepared.limit - 1).map(({ highlight, ...hit }) => {
      if (highlight === undefined) return hit
      const safe = Object.entries(highlight).map(([field, text]) => [field, markUp(text)] as const)
      return { ...hit, highlight: Object.fromEntries(safe) }
    })
    const last = hits.length < prepared.limit ? undefined : page.at(-1)
    return { hits: page, total, next: last && writeCursor(last, index, prepared) }
  }

  async rebuild<Tables, Field extends string, Declared extends Filters>(
    database: Database<Tables>,
    index: SearchIndex<Field, Declared>,
    source: AsyncIterable<SearchDocument<Field, Declared>>,
  ): Promise<PutResult> {
    this.#admit()
    return this.#track(this.#rebuild(database, index, source))
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  async ping(): Promise<void> {
    this.#admit()
    await this.#driver.ping?.()
  }

  close(): Promise<void> {
    this.#closing ??= this.settled().then(() => this.#driver.close())
    return this.#closing
  }

  async #write<Tables>(
    database: SearchDatabase<Tables>,
    index: SearchIndex,
    documents: readonly PreparedDocument[],
  ): Promise<PutResult> {
    this.#admit()
    if (documents.length === 0) return { written: 0, stale: 0, deferred: 0 }
    const tx = this.guarantees.transactional ? undefined : transactionOf(database)
    if (tx === undefined) {
      const { written } = await this.#track(this.#driver.write(executorOn(database), index, documents))
      return { written, stale: documents.length - written, deferred: 0 }
    }
    const executor = executorOn(database)
    onTransactionEnd(tx, (outcome) => {
      if (outcome !== 'committed') return
      const lost = (error: unknown) => {
        this.#lost += documents.length
        const fact: LostPut = { index: index.name, documents: documents.length, error }
        lostPutChannel.publish(fact)
      }
      this.#track(this.#driver.write(executor, index, documents)).catch(lost)
    })
    return { written: 0, stale: 0, deferred: documents.length }
  }

  async #rebuild<Tables>(
    database: Database<Tables>,
    index: SearchIndex,
    source: AsyncIterable<SearchDocument>,
  ): Promise<PutResult> {
    const run = await this.#driver.rebuild(executorOn(database), index)
    let written = 0
    let given = 0
    const hand = async (documents: readonly SearchDocument[]): Promise<void> => {
      const prepared = prepareDocuments(index, documents, { maxBytes: this.#maxBytes })
      written += (await run.write(prepared)).written
      given += documents.length
    }
    try {
      let waiting: SearchDocument[] = []
      let bytes = 0
      for await (const document of source) {
        if (this.#closing !== undefined) throw searchError('search-closed')
        waiting.push(document)
        bytes += JSON.stringify(document)?.length ?? 0
        if (waiting.length < batch.documents && bytes < batch.bytes) continue
        await hand(waiting)
        waiting = []
        bytes = 0
      }
      if (waiting.length > 0) await hand(waiting)
      await run.finish()
    } catch (error) {
      // The first error says more than one of clearing up.
      await run.abandon().catch(() => undefined)
      throw error
    }
    return { written, stale: given - written, deferred: 0 }
  }

  // Removed documents are remembered for a while; whoever removes clears up after earlier ones, at most once an hour.
  async #forget<Tables>(database: SearchDatabase<Tables>, index: SearchIndex): Promise<void> {
    const executor = executorOn(database)
    const key = `${executor.schema}.${index.name}`
    const now = this.#clock.now()
    if (now - (this.#forgotAt.get(key) ?? Number.NEGATIVE_INFINITY) < hour) return
    this.#forgotAt.set(key, now)
    const forgetting = this.#track(this.#driver.forget(executor, index, this.#keepRemovedMs))
    // In the caller's transaction a failure has ended the transaction and must be told; elsewhere the next hour will do.
    await (transactionOf(database) === undefined ? forgetting.catch(() => undefined) : forgetting)
  }

  #admit(): void {
    if (this.#closing !== undefined) throw searchError('search-closed')
  }

  #admitTypos(index: SearchIndex): void {
    const unsupported = (reason: string, instead: string) =>
      searchError('search-unsupported', { index: index.name, ability: 'tolerance of typos', reason, instead })
    if (!this.guarantees.typoTolerant) throw unsupported('this driver has none', 'Leave `typos` out.')
    if (!Object.values(index.fields).some(({ typos }) => typos === true)) {
      throw unsupported(
        'no field declares it',
        'Declare a field with `typos: true`, or leave `typos` out of the search.',
      )
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    const done = () => void this.#running.delete(work)
    work.then(done, done)
    return work
  }
}
