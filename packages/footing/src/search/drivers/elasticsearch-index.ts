// The mapping of an index on the server.
import type { FilterKind, SearchIndex } from '../contract/contract.ts'

const filterTypes: Readonly<Record<FilterKind, string>> = {
  keyword: 'keyword',
  number: 'double',
  date: 'date',
  boolean: 'boolean',
}

/** What an index is created with. Unknown members of a document are refused, so that nothing is guessed. */
export function indexBody({ language, fields, filters, fingerprint }: SearchIndex): object {
  const analyzer = language === 'simple' ? 'standard' : language
  return {
    mappings: {
      dynamic: 'strict',
      _meta: { fingerprint },
      properties: {
        id: { type: 'keyword' },
        version: { type: 'long' },
        removedAt: { type: 'date' },
        fields: {
          properties: Object.fromEntries(Object.keys(fields).map((name) => [name, { type: 'text', analyzer }])),
        },
        filters: {
          properties: Object.fromEntries(
            Object.entries(filters).map(([name, kind]) => [name, { type: filterTypes[kind] }]),
          ),
        },
      },
    },
  }
}
