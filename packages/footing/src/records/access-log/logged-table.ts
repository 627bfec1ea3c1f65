// The tables whose access is logged, with every choice of their manifests made.
import { type AccessDeclaration, keyOf } from '../../module/access-declaration.ts'
import type { PersonalDeclaration } from '../../module/personal-declaration.ts'
import { erasedColumns } from '../personal-data/declared-table.ts'

/** One logged table. */
export interface LoggedTable {
  readonly module: string
  readonly table: string
  readonly key: readonly string[]
  readonly writes: boolean
  readonly reads: boolean
  readonly values: boolean
  readonly redact: readonly string[]
}

/** What of a manifest the log needs. */
export interface AccessModule {
  readonly name: string
  readonly access?: AccessDeclaration
  /** Personal data of the module; what is erased for a person must not live on in the log. */
  readonly personal?: PersonalDeclaration
}

/** The logged tables of some modules. */
export function loggedTables(modules: readonly AccessModule[]): readonly LoggedTable[] {
  return modules.flatMap(({ name, access = {}, personal = {} }) =>
    Object.entries(access).map(([table, options]) => {
      const key = keyOf(options)
      const erased = erasedColumns(personal[table]).filter((column) => !key.includes(column))
      return {
        module: name,
        table,
        key,
        writes: options.writes ?? true,
        reads: options.reads ?? false,
        values: options.values ?? false,
        redact: [...new Set([...(options.redact ?? []), ...erased])].toSorted(),
      }
    }),
  )
}
