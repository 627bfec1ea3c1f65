// What a case of the conformance suite is, and what cases ask for.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { isFootingError } from '@footing/kernel'
import type { Database } from '../data/contract/contract.ts'
import type { Search, SearchDocument, SearchIndex, SearchRequest } from './contract/contract.ts'

/** Filters of the index that a case works on. */
export interface CaseFilters extends Readonly<Record<string, 'keyword' | 'number' | 'date' | 'boolean'>> {
  readonly tag: 'keyword'
  readonly price: 'number'
  readonly publishedAt: 'date'
  readonly open: 'boolean'
}

/** An index of its own for each case. */
export type CaseIndex = SearchIndex<'title' | 'body', CaseFilters>

/** A document of a case. */
export type CaseDocument = SearchDocument<'title' | 'body', CaseFilters>

/** Where a case runs: the handle of a module whose schema holds `searchCaseIndexes`, where the driver keeps them there. */
export interface SearchHarness {
  readonly search: Search
  readonly database: Database<Record<never, never>>
}

/** One case. It throws an AssertionError when the driver is wrong. */
export interface SearchCase {
  readonly name: string
  run(harness: SearchHarness, index: CaseIndex): Promise<void>
}

/** Runs `check` until it holds where a driver needs a moment, once where it promises not to. */
export async function soon({ search }: SearchHarness, check: () => Promise<void>): Promise<void> {
  const end = performance.now() + (search.guarantees.readAfterWrite ? 0 : 10_000)
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > end) throw error
      await delay(50)
    }
  }
}

/** Asserts which ids a search finds, in any order. */
export async function finds(
  harness: SearchHarness,
  index: CaseIndex,
  request: SearchRequest<CaseFilters>,
  ids: readonly string[],
): Promise<void> {
  await soon(harness, async () => {
    const { hits } = await harness.search.search(harness.database, index, { limit: 100, ...request })
    assert.deepEqual(hits.map(({ id }) => id).toSorted(), ids.toSorted(), JSON.stringify(request))
  })
}

/** Asserts the code of a refusal. */
export async function refused(code: string, call: () => Promise<unknown>): Promise<void> {
  const error = await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(isFootingError(error, code), `expected ${code}, got ${String(error)}`)
}
