// Names of an index's tables and columns in statements. They come from checked declarations; values never end up here.
import type { FilterKind, SearchIndex } from '../contract/contract.ts'
import { columnName } from '../contract/define-index.ts'

/** A column that holds what documents bring. */
export interface DocumentColumn {
  readonly name: string
  readonly type: string
}

const types: Readonly<Record<FilterKind, string>> = {
  keyword: 'text[]',
  number: 'double precision',
  date: 'timestamptz',
  boolean: 'boolean',
}

/** The tables of an index in a schema, the columns of its documents, and the text that its advisory lock is made of. */
export function tablesOf(schema: string, { name, fields, filters }: SearchIndex) {
  const columns: readonly DocumentColumn[] = [
    ...Object.keys(fields).map((field) => ({ name: `field_${columnName(field)}`, type: 'text' })),
    ...Object.entries(filters).map(([filter, kind]) => ({ name: `filter_${columnName(filter)}`, type: types[kind] })),
  ]
  return {
    table: `"${schema}".search_${name}`,
    state: `"${schema}".search_index`,
    lock: `footing search ${schema}.${name}`,
    columns,
  }
}
