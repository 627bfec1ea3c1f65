// A person's rows in the files of one table: which rows and columns are theirs says the manifest, as for the table itself.
import { isFootingError } from '@footing/kernel'
import type { PersonalStore } from '../capability/personal-store.ts'
import { list, type PersonalTable } from '../module/personal-declaration.ts'
import type { Archive, ArchiveRow } from './contract.ts'

/** The archived rows of a table. */
export function personalRows(
  { module, table }: { readonly module: string; readonly table: string },
  declared: PersonalTable,
  archive: Archive,
): PersonalStore {
  const subjects = list(declared.subject)
  const shown = new Set([...subjects, ...list(declared.key ?? 'id'), ...exportedColumns(declared)])
  const find = async (subject: string, take: (row: ArchiveRow) => void): Promise<void> => {
    for (const [index, column] of subjects.entries()) {
      const others = subjects.slice(0, index)
      try {
        await archive.query({ module, table, where: [{ column, is: '=', value: subject }] }, (rows) => {
          // Rows that an earlier column has found are not told again.
          for (const row of rows) if (!others.some((other) => String(row[other]) === subject)) take(row)
        })
      } catch (error) {
        // An identifier that the column could not hold is in none of its rows.
        if (!isFootingError(error, 'archive-query-invalid')) throw error
      }
    }
  }
  return {
    name: `archive of ${module}: ${table}`,
    async *export(subject) {
      // Files are read whole; what is told of them is bounded by the rows of one person.
      const texts: string[] = []
      await find(subject, (row) => void texts.push(textOf(row, shown)))
      yield* texts
    },
    async erase(subject) {
      if (declared.erase === 'keep') {
        let left = 0
        await find(subject, () => {
          left += 1
        })
        return { erased: 0, left, ...(left === 0 ? {} : { why: declared.keep?.why ?? 'the manifest keeps them' }) }
      }
      const { erased } = await archive.erase({ module, table, columns: subjects, subject })
      return { erased, left: 0 }
    },
  }
}

function exportedColumns({ columns }: PersonalTable): readonly string[] {
  return Object.keys(columns).filter((name) => columns[name] !== 'secret' && columns[name] !== 'other')
}

function textOf(row: ArchiveRow, shown: ReadonlySet<string>): string {
  const cells = Object.entries(row).filter(([name]) => shown.has(name))
  return JSON.stringify(Object.fromEntries(cells), (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
}
