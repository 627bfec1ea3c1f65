// All coded errors of all packages in one list, for `footing explain` and the reference page.
import type { ErrorRow, ErrorTable } from '@footing/kernel'
import { cliErrors } from './errors.ts'

/** One coded error with its code. */
export interface CataloguedError extends ErrorRow {
  readonly code: string
  /** The package or capability whose table it is in. */
  readonly area: string
}

/**
 * Every coded error, by code. Tables are found by what they are: an exported function made by `defineErrors`.
 * @throws TypeError when two tables use one code
 */
export async function errorCatalogue(): Promise<readonly CataloguedError[]> {
  const packages: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['core', (await import('@footing/core/tooling')).errorTables],
    ['audit', await import('@footing/audit')],
    ['cli', { cliErrors }],
  ]
  const found = new Map<string, CataloguedError>()
  for (const [area, exported] of packages) {
    for (const [name, value] of Object.entries(exported)) {
      const table = tableOf(value)
      if (table === undefined) continue
      for (const [code, row] of Object.entries(table)) {
        if (found.has(code)) throw new TypeError(`two error tables use the code ${code}`)
        found.set(code, { code, area: area === 'core' ? name : area, ...row })
      }
    }
  }
  return [...found.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1))
}

// defineErrors puts the table on the function it returns; nothing else in the packages has that shape.
function tableOf(value: unknown): ErrorTable | undefined {
  if (typeof value !== 'function' || !('table' in value)) return undefined
  const table = value.table
  return typeof table === 'object' && table !== null ? (table as ErrorTable) : undefined
}
