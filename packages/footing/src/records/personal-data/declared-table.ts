// The personal tables of a module, with every choice of its manifest made.
import {
  type ImpersonalTable,
  isPersonal,
  list,
  type PersonalDeclaration,
  type PersonalTable,
} from '../../module/personal-declaration.ts'

/** What of a manifest personal data need. */
export interface PersonalModule {
  readonly name: string
  readonly personal?: PersonalDeclaration
}

/** A personal table with every choice made. */
export interface DeclaredTable extends PersonalTable {
  readonly module: string
  readonly table: string
  readonly subjects: readonly string[]
  readonly keys: readonly string[]
}

/** The personal tables of a module, in the order of the manifest. */
export function personalTables(module: PersonalModule): readonly DeclaredTable[] {
  return Object.entries(module.personal ?? {}).flatMap(([table, declared]) =>
    isPersonal(declared)
      ? [
          {
            ...declared,
            module: module.name,
            table,
            subjects: list(declared.subject),
            keys: list(declared.key ?? 'id'),
          },
        ]
      : [],
  )
}

/** Columns that an erasure empties or replaces. */
export function emptiedColumns({ columns }: PersonalTable): readonly string[] {
  return Object.entries(columns)
    .filter(([, rule]) => rule !== 'keep' && rule !== 'other')
    .map(([column]) => column)
}

/** Columns whose values are gone after an erasure, so that they must not live on anywhere else. */
export function erasedColumns(table: PersonalTable | ImpersonalTable | undefined): readonly string[] {
  if (table === undefined || !isPersonal(table)) return []
  const whole = table.erase === 'delete' || table.erase === 'by-module'
  return Object.entries(table.columns)
    .filter(([, rule]) => rule !== 'other' && (rule !== 'keep' || whole))
    .map(([column]) => column)
}
