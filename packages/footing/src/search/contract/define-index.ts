// An index as data: checked once, where it is declared, so that drivers can make names of tables and columns from it.
import { createHash } from 'node:crypto'
import type { FieldDeclaration, FilterKind, SearchIndex, SearchLanguage } from './contract.ts'
import { searchLanguages } from './contract.ts'
import { searchError } from './errors.ts'

/** What is said about an index. */
export interface IndexDeclaration<Field extends string, Filters extends Readonly<Record<string, FilterKind>>> {
  /** Small letters, digits and `_`, at most 30; the table `search_<name>` is made for it. */
  readonly name: string
  readonly language: SearchLanguage
  /** Text that is searched. */
  readonly fields: Readonly<Record<Field, FieldDeclaration>>
  /** Values that a search can be narrowed by. Default none. */
  readonly filters?: Filters
  /**
   * A keyword filter with the identifier of the person whom a document is about: export and erasure of personal data find
   * the documents by it.
   */
  readonly personal?: (keyof Filters & string) | undefined
}

const kinds: ReadonlySet<unknown> = new Set<FilterKind>(['keyword', 'number', 'date', 'boolean'])
const weights: ReadonlySet<unknown> = new Set(['A', 'B', 'C', 'D', undefined])

/**
 * Declares a search index of a module.
 * @throws `search-index-invalid`
 */
export function defineSearchIndex<
  const Field extends string,
  const Filters extends Readonly<Record<string, FilterKind>> = Readonly<Record<never, FilterKind>>,
>(declaration: IndexDeclaration<Field, Filters>): SearchIndex<Field, Filters> {
  const { name, language, fields, personal } = declaration
  // Without filters the record is empty, which is what the default of the type says.
  const filters = declaration.filters ?? ({} as Filters)
  const fault = faultOf(name, language, fields, filters) ?? personalFault(filters, personal)
  if (fault !== undefined)
    throw searchError('search-index-invalid', { index: String(name).slice(0, 40), reason: fault })
  const shape = JSON.stringify([1, language, Object.entries<FieldDeclaration>(fields), Object.entries(filters)])
  const fingerprint = createHash('sha256').update(shape).digest('hex').slice(0, 16)
  return Object.freeze({
    name,
    language,
    fields: Object.freeze({ ...fields }),
    filters: Object.freeze({ ...filters }),
    personal,
    fingerprint,
  })
}

function faultOf(
  name: string,
  language: string,
  fields: Readonly<Record<string, FieldDeclaration>>,
  filters: Readonly<Record<string, FilterKind>>,
): string | undefined {
  if (!/^[a-z][a-z0-9_]{0,29}$/.test(name)) return 'a name has small letters, digits and _, at most 30.'
  if (!searchLanguages.some((known) => known === language))
    return `the language is none of ${searchLanguages.join(', ')}.`
  if (Object.keys(fields).length === 0) return 'it has no field.'
  const columns = new Set<string>()
  for (const [kind, names] of Object.entries({ field: Object.keys(fields), filter: Object.keys(filters) })) {
    if (names.length > 30) return `it has more than 30 ${kind}s.`
    for (const each of names) {
      if (!/^[a-z][a-zA-Z0-9]{0,29}$/.test(each))
        return `a ${kind} has a name that is not letters and digits, at most 30.`
      const column = `${kind}_${columnName(each)}`
      if (columns.has(column)) return `two ${kind}s have the column ${column}.`
      columns.add(column)
    }
  }
  if (!Object.values(fields).every(({ weight }) => weights.has(weight))) return 'a weight is not A, B, C or D.'
  if (!Object.values(filters).every((kind) => kinds.has(kind)))
    return 'a filter is not keyword, number, date or boolean.'
  return undefined
}

function personalFault(
  filters: Readonly<Record<string, FilterKind>>,
  personal: string | undefined,
): string | undefined {
  if (personal === undefined || (Object.hasOwn(filters, personal) && filters[personal] === 'keyword')) return undefined
  return 'personal does not name a filter of the kind keyword.'
}

/** `publishedAt` → `published_at`. */
export function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
