// The public list of the archive.
export { openArchive } from './archive.ts'
export type {
  Archive,
  ArchiveCondition,
  ArchivedTable,
  ArchiveOptions,
  ArchiveQuery,
  ArchiveRow,
  ArchiveValue,
  BatchState,
  QueryReport,
  RestoreRequest,
  RunReport,
  TableStatus,
  VerifyFinding,
  VerifyReport,
} from './contract.ts'
export { type ArchiveErrorCode, archiveErrors } from './errors.ts'
