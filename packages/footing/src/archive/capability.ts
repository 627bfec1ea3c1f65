// The archive as a capability: old rows of tables go to files in the storage, opened when a module declares some.
import { setTimeout as delay } from 'node:timers/promises'
import { defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import { isPersonal } from '../module/personal-declaration.ts'
import { declares } from '../module/use.ts'
import { storageCapability } from '../storage/capability.ts'
import { openArchive } from './archive.ts'
import { archivedTables } from './archived-table.ts'
import type { Archive, ArchivedTable } from './contract.ts'
import { moduleArchive } from './module-archive.ts'
import { personalRows } from './personal-rows.ts'

interface OpenArchives {
  /** One for each table, so that a module can only name its own. */
  readonly archives: readonly { readonly table: ArchivedTable; readonly archive: Archive }[]
  readonly running: Set<Promise<unknown>>
  readonly stopping: AbortController
}

/** Archives of tables; `uses: [archive({ … })]` gives `kit.archive`. */
export const archiveCapability = defineCapability<Readonly<Record<never, never>>, OpenArchives>({
  name: 'archive',
  summary: 'old rows of tables, as Parquet files in the storage that stay readable',
  settings: {},
  needs: () => ['data', 'storage'],
  driver: () => ({ driver: 'parquet', from: undefined, guarantees: {} }),
  open(_values, process) {
    const data = process.opened(dataCapability)
    const storage = process.opened(storageCapability)
    if (data === undefined || storage === undefined) throw new TypeError('the archive is opened after data and storage')
    const { places, clock } = process
    return {
      archives: archivedTables(places.local).map((table) => ({
        table,
        archive: openArchive({ data, storage, tables: [table], clock }),
      })),
      running: new Set(),
      stopping: new AbortController(),
    }
  },
  kit(open, { manifest }) {
    if (!declares(manifest, 'archive')) return {}
    if (open === undefined) return { archive: elsewhere('archive', manifest.name) }
    const own = open.archives.filter(({ table }) => table.module === manifest.name)
    const archives = new Map(own.map(({ table, archive }) => [table.table, archive]))
    const runs = {
      signal: open.stopping.signal,
      during<T>(work: Promise<T>): Promise<T> {
        open.running.add(work)
        const done = () => void open.running.delete(work)
        work.then(done, done)
        return work
      },
    }
    return { archive: moduleArchive(manifest.name, archives, runs) }
  },
  personal: ({ archives }, { places }) =>
    archives.flatMap(({ table, archive }) => {
      const declared = places.local.find(({ name }) => name === table.module)?.personal[table.table]
      return declared !== undefined && isPersonal(declared) ? [personalRows(table, declared, archive)] : []
    }),
  async drain({ running, stopping }, deadlineMs) {
    stopping.abort()
    const late = new AbortController()
    const waited = delay(deadlineMs, undefined, { signal: late.signal }).catch(() => undefined)
    await Promise.race([Promise.allSettled(running), waited])
    late.abort()
  },
})
