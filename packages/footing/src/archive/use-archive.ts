// What a module's manifest says when it archives rows.
import { type Use, use } from '../module/use.ts'
import { verifyTable } from './archived-table.ts'
import type { ArchivedTable } from './contract.ts'
import type { ModuleArchive } from './module-archive.ts'

/** Which rows of the module's tables are old, by table. */
export type ArchiveDeclaration = Readonly<Record<string, Omit<ArchivedTable, 'module' | 'table'>>>

/**
 * Lets the module archive old rows: `uses: [archive({ pledge: { timeColumn: 'at', olderThanDays: 365 } })]`, then
 * `kit.archive.pledge`.
 * @throws `archive-configuration-invalid`
 */
export function archive<const Tables extends ArchiveDeclaration>(
  tables: Tables,
): Use<'archive', ModuleArchive<keyof Tables & string>, Tables> {
  for (const [table, declared] of Object.entries(tables)) verifyTable({ ...declared, module: 'module', table })
  return use('archive', Object.freeze({ ...tables }))
}
