// The public list of the archive.
export { openArchive } from './archive.ts'
export { archivedTables } from './archived-table.ts'
export { type ArchiveErrorCode, archiveErrors } from './contract/errors.ts'
export type {
  Archive,
  ArchiveCondition,
  ArchivedTable,
  ArchiveOptions,
  ArchiveQuery,
  ArchiveRow,
  ArchiveValue,
  BatchState,
  ErasedRows,
  EraseRequest,
  QueryReport,
  RestoreRequest,
  RunReport,
  TableStatus,
  VerifyFinding,
  VerifyReport,
} from './contract.ts'
export type { ModuleArchive, ModuleArchivedTable } from './module-archive.ts'
export { type ArchiveDeclaration, archive } from './use-archive.ts'
