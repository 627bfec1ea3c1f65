// Which tables are archived, checked: what `openArchive` is given, and what manifests declare.
import type { AnyManifest } from '../module/define-module.ts'
import { declaredBy } from '../module/use.ts'
import { archiveSchema } from './batch-book.ts'
import { archiveError } from './contract/errors.ts'
import type { ArchivedTable } from './contract.ts'
import type { ArchiveDeclaration } from './use-archive.ts'

/** The tables that the manifests of some modules declare. */
export function archivedTables(modules: readonly AnyManifest[]): readonly ArchivedTable[] {
  return modules.flatMap((module) =>
    Object.entries(declaredBy<ArchiveDeclaration>(module, 'archive') ?? {}).map(([table, declared]) => ({
      ...declared,
      module: module.name,
      table,
    })),
  )
}

/** @throws `archive-configuration-invalid` */
export function verifyTable(table: ArchivedTable): void {
  const { module, olderThanDays, batchRows } = table
  const invalid = (reason: string) =>
    archiveError('archive-configuration-invalid', { table: `${module}.${table.table}`, reason })
  for (const name of [module, table.table, table.timeColumn]) {
    if (typeof name !== 'string' || name === '' || name.length > 63) throw invalid('a name is empty or too long.')
  }
  if (module === archiveSchema) throw invalid('it is the book of the archive itself.')
  if (!(olderThanDays > 0) || olderThanDays > 100_000) throw invalid(`olderThanDays is ${olderThanDays}.`)
  if (batchRows !== undefined && !(Number.isInteger(batchRows) && batchRows > 0 && batchRows <= 200_000)) {
    throw invalid(`batchRows is ${batchRows}; 1 to 200000 are allowed.`)
  }
}

/** @throws `archive-configuration-invalid` */
export function refuseTwice(tables: readonly ArchivedTable[]): void {
  const names = tables.map(({ module, table }) => `${module}.${table}`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw archiveError('archive-configuration-invalid', { table: twice, reason: 'it is there twice.' })
}
