// The functions behind the operations for personal data that a module has in its port.
import type { Database } from '../../data/contract/contract.ts'
import type { ModuleErasure, PersonalDeclaration } from '../../module/personal-declaration.ts'
import type { PageRequest } from '../../module/personal-operations.ts'
import { type DeclaredTable, personalTables } from './declared-table.ts'
import { eraseStep, refuseOtherSpelling, requestErasure } from './erase-step.ts'
import { exportPage } from './export-page.ts'

/** The functions of a module with personal data; else none. */
export function personalHandlers(
  module: { readonly name: string; readonly personal: PersonalDeclaration },
  database: () => Database<unknown>,
  own: Readonly<Record<string, ModuleErasure>> | undefined,
): Readonly<Record<string, unknown>> {
  const tables = personalTables(module)
  if (tables.length === 0) return {}
  return {
    async personalDataPage({ table, subject, after }: PageRequest) {
      const { rows, next } = await exportPage(database(), tableNamed(tables, table), subject, after)
      return next === undefined ? { rows } : { rows, next }
    },
    async erasePersonalData({ table, subject }: PageRequest) {
      const db = database()
      for (const one of tables) await refuseOtherSpelling(db, one, subject)
      await requestErasure(db, subject)
      return eraseStep(db, tableNamed(tables, table), subject, own?.[table])
    },
    async personalDataErased({ subject }: Pick<PageRequest, 'subject'>) {
      const [row] = await database().query<{ erased: boolean }>('select footing_personal.is_erased($1) as erased', [
        subject,
      ])
      return { erased: row?.erased === true }
    },
  }
}

function tableNamed(tables: readonly DeclaredTable[], name: string): DeclaredTable {
  const found = tables.find(({ table }) => table === name)
  if (found === undefined) throw new TypeError('no personal table of this module has that name')
  return found
}
