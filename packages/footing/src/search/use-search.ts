// What a module's manifest says when it searches.
import { type Use, use } from '../module/use.ts'
import type { SearchIndex } from './contract/contract.ts'
import { searchError } from './contract/errors.ts'
import type { ModuleSearch } from './module-search.ts'

/** Indexes by the names that the module calls them. */
export type SearchIndexes = Readonly<Record<string, SearchIndex>>

/**
 * Gives the module its indexes, bound to its database: `uses: [search({ articles: defineSearchIndex({ … }) })]`, then
 * `kit.search.articles`.
 * @throws `search-index-invalid`
 */
export function search<const Indexes extends SearchIndexes>(
  indexes: Indexes,
): Use<'search', ModuleSearch<Indexes>, Indexes> {
  const names = new Set<string>()
  for (const [called, index] of Object.entries<SearchIndex>(indexes)) {
    const invalid = (reason: string) => searchError('search-index-invalid', { index: called.slice(0, 40), reason })
    if (typeof index?.fingerprint !== 'string') throw invalid('it was not made by defineSearchIndex(…).')
    if (names.has(index.name)) throw invalid(`another index of the module has the name ${index.name}.`)
    names.add(index.name)
  }
  return use('search', Object.freeze({ ...indexes }))
}
