// The archived tables of one module: what its kit holds.
import type { Archive, ArchiveQuery, ArchiveRow, QueryReport, RunReport, TableStatus } from './contract.ts'

/** One archived table of a module. */
export interface ModuleArchivedTable {
  /** Moves what is old; stops with its batch when the application does. Safe to run on several machines at once. */
  run(options?: { readonly signal?: AbortSignal; readonly maxBatches?: number }): Promise<RunReport>
  status(): Promise<TableStatus>
  /** Calls `take` with some rows after the other, in no order; waits for it each time. */
  query(
    query: Omit<ArchiveQuery, 'module' | 'table'>,
    take: (rows: readonly ArchiveRow[]) => Promise<void> | void,
  ): Promise<QueryReport>
}

/** The archived tables of a module by name. */
export type ModuleArchive<Table extends string = string> = { readonly [Name in Table]: ModuleArchivedTable }

/** Binds the archives of tables, each opened for one table alone; `runs` is told of every run until it ends. */
export function moduleArchive(
  module: string,
  archives: ReadonlyMap<string, Archive>,
  runs: { readonly signal: AbortSignal; during<T>(work: Promise<T>): Promise<T> },
): ModuleArchive {
  const bind = (table: string, archive: Archive): ModuleArchivedTable => ({
    async run({ signal, ...limits } = {}) {
      const signals = [runs.signal, ...(signal === undefined ? [] : [signal])]
      return one(await runs.during(archive.run({ ...limits, signal: AbortSignal.any(signals) })))
    },
    status: async () => one(await archive.status()),
    query: (query, take) => archive.query({ ...query, module, table }, take),
  })
  const bound = [...archives].map(([table, archive]) => [table, Object.freeze(bind(table, archive))] as const)
  return Object.freeze(Object.fromEntries(bound))
}

function one<T>(reports: readonly T[]): T {
  // An archive of one table reports on that one.
  return reports[0] as T
}
