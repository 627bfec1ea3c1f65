// The indexes of one module, bound to its database: what its kit holds.
import { type Database, type Transaction, transactionBrand } from '../data/contract/contract.ts'
import type {
  FilterKind,
  PutResult,
  RemovedDocument,
  Search,
  SearchDocument,
  SearchGuarantees,
  SearchIndex,
  SearchPage,
  SearchRequest,
} from './contract/contract.ts'

type Filters = Readonly<Record<string, FilterKind>>

/** A transaction of the module, whatever its tables. */
type AnyTransaction = Pick<Transaction<never>, typeof transactionBrand>

/** Changes documents at once, or with a transaction of the module: `put([…])`, `put.in(tx, […])`. */
interface Change<Document> {
  (documents: readonly Document[]): Promise<PutResult>
  in(tx: AnyTransaction, documents: readonly Document[]): Promise<PutResult>
}

/** One index of a module. */
export interface ModuleIndex<Field extends string = string, Declared extends Filters = Filters> {
  readonly guarantees: SearchGuarantees
  /**
   * Puts documents into the index; with a transaction they are committed and rolled back with it where the driver is
   * transactional, and sent after its commit where it is not.
   * @throws `search-document-invalid`, `search-document-too-large`, `search-index-missing`
   */
  readonly put: Change<SearchDocument<Field, Declared>>
  /** Takes documents out of the index. One that is not in it is no fault. */
  readonly remove: Change<RemovedDocument>
  /** @throws `search-request-invalid`, `search-cursor-invalid`, `search-unsupported` */
  search(request: SearchRequest<Declared>): Promise<SearchPage>
  /**
   * Makes the index anew from `source`, while searches go on in the old one.
   * @throws `search-rebuild-replaced` when another rebuild began later
   */
  rebuild(source: AsyncIterable<SearchDocument<Field, Declared>>): Promise<PutResult>
}

/** The indexes of a module, by the names that its manifest gives them. */
export type ModuleSearch<Indexes extends Readonly<Record<string, SearchIndex>>> = {
  readonly [Name in keyof Indexes]: Indexes[Name] extends SearchIndex<infer Field, infer Declared>
    ? ModuleIndex<Field, Declared>
    : never
}

/** Binds the indexes of a module to its database. */
export function moduleSearch(
  search: Search,
  database: Database<unknown>,
  indexes: Readonly<Record<string, SearchIndex>>,
): ModuleSearch<Readonly<Record<string, SearchIndex>>> {
  const bound = Object.entries(indexes).map(([name, index]) => [name, moduleIndex(search, database, index)] as const)
  return Object.freeze(Object.fromEntries(bound))
}

function moduleIndex(search: Search, database: Database<unknown>, index: SearchIndex): ModuleIndex {
  const inside = (tx: AnyTransaction): Transaction<unknown> => {
    if (typeof tx === 'object' && tx !== null && transactionBrand in tx) {
      // The index is written by plain SQL, so the tables that the handle knows do not matter.
      return tx as Transaction<unknown>
    }
    throw new TypeError('The first argument is no transaction; without one, leave `.in` out.')
  }
  return Object.freeze({
    guarantees: search.guarantees,
    put: Object.assign((documents: readonly SearchDocument[]) => search.put(database, index, documents), {
      in: async (tx: AnyTransaction, documents: readonly SearchDocument[]) => search.put(inside(tx), index, documents),
    }),
    remove: Object.assign((documents: readonly RemovedDocument[]) => search.remove(database, index, documents), {
      in: async (tx: AnyTransaction, documents: readonly RemovedDocument[]) =>
        search.remove(inside(tx), index, documents),
    }),
    search: (request: SearchRequest) => search.search(database, index, request),
    rebuild: (source: AsyncIterable<SearchDocument>) => search.rebuild(database, index, source),
  } satisfies ModuleIndex)
}
