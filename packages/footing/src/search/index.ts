// The public list of search.
export { searchCaseIndexes, searchConformance } from './conformance.ts'
export type { SearchCase, SearchHarness } from './conformance-case.ts'
export type {
  DriverPage,
  DriverRebuild,
  FieldDeclaration,
  FieldWeight,
  FilterCondition,
  FilterKind,
  FilterValue,
  PagePosition,
  PreparedCondition,
  PreparedDocument,
  PreparedSearch,
  PutResult,
  RemovedDocument,
  Row,
  RunStatement,
  Search,
  SearchDatabase,
  SearchDocument,
  SearchDriver,
  SearchExecutor,
  SearchGuarantees,
  SearchHit,
  SearchIndex,
  SearchLanguage,
  SearchPage,
  SearchRequest,
  SearchStats,
  WriteResult,
} from './contract/contract.ts'
export { searchLanguages } from './contract/contract.ts'
export { defineSearchIndex, type IndexDeclaration } from './contract/define-index.ts'
export { type SearchErrorCode, searchErrors } from './contract/errors.ts'
export { highlightEnd, highlightStart } from './contract/highlight.ts'
export type { ModuleIndex, ModuleSearch } from './module-search.ts'
export { openSearch, type SearchOptions } from './open-search.ts'
export { type LostPut, lostPutChannel, type SearchLimits, searchOn } from './search.ts'
export { searchMigration } from './search-migration.ts'
export { type SearchIndexes, search } from './use-search.ts'
