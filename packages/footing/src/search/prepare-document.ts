// Checks documents against the declaration of their index, cleans their texts, and brings each batch into one order.
import type { FilterKind, PreparedDocument, RemovedDocument, SearchDocument, SearchIndex } from './contract/contract.ts'
import { searchError } from './contract/errors.ts'
import { cleanText } from './contract/highlight.ts'
import { isoOf, keywordOf, longestKeyword } from './filter-value.ts'

/** Limits of one document. */
export interface DocumentLimits {
  /** UTF-8 bytes of all its texts. */
  readonly maxBytes: number
}

/**
 * Documents of one call as drivers get them: of several with one id the newest, sorted by id, so that two calls that
 * overlap lock rows in the same order.
 * @throws `search-document-invalid`, `search-document-too-large`
 */
export function prepareDocuments(
  index: SearchIndex,
  documents: readonly (SearchDocument | RemovedDocument)[],
  limits: DocumentLimits,
): readonly PreparedDocument[] {
  const newest = new Map<string, PreparedDocument>()
  for (const document of documents) {
    const prepared = prepare(index, document, limits)
    const known = newest.get(prepared.id)
    if (known === undefined || known.version < prepared.version) newest.set(prepared.id, prepared)
  }
  return [...newest.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function prepare(
  index: SearchIndex,
  document: SearchDocument | RemovedDocument,
  { maxBytes }: DocumentLimits,
): PreparedDocument {
  const invalid = (reason: string) => searchError('search-document-invalid', { index: index.name, reason })
  if (typeof document !== 'object' || document === null) throw invalid('it is not an object.')
  const { id, version } = document
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > 512) throw invalid('its id is not 1 to 512 bytes.')
  if (cleanText(id) !== id) throw invalid('its id has characters that cannot be stored.')
  if (!Number.isSafeInteger(version) || version < 0)
    throw invalid('its version is not a whole number from 0 to 2^53 - 1.')
  if (!('fields' in document)) return { id, version, removed: true, fields: {}, filters: {} }
  const fields: Record<string, string> = {}
  let bytes = 0
  for (const [name, text] of entriesOf(document.fields)) {
    if (!Object.hasOwn(index.fields, name)) throw invalid(`there is no field ${shown(name)}.`)
    if (text === undefined) continue
    if (typeof text !== 'string') throw invalid(`the field ${name} is not a string.`)
    bytes += Buffer.byteLength(text)
    if (bytes > maxBytes) {
      const reason = `its texts have more than ${maxBytes} bytes.`
      throw searchError('search-document-too-large', { index: index.name, reason })
    }
    fields[name] = cleanText(text)
  }
  const filters: Record<string, PreparedDocument['filters'][string]> = {}
  for (const [name, value] of entriesOf(document.filters)) {
    const kind = Object.hasOwn(index.filters, name) ? index.filters[name] : undefined
    if (kind === undefined) throw invalid(`there is no filter ${shown(name)}.`)
    if (value === undefined) continue
    const stored = filterValue(kind, value)
    if (stored === undefined)
      throw invalid(`the filter ${name} is no ${kind}${kind === 'keyword' ? ` of up to ${longestKeyword} bytes` : ''}.`)
    filters[name] = stored
  }
  return { id, version, removed: false, fields, filters }
}

function entriesOf(record: unknown): readonly (readonly [string, unknown])[] {
  return typeof record === 'object' && record !== null ? Object.entries(record) : []
}

// A name that is not declared may be anything that a user sent.
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 40))
}

function filterValue(kind: FilterKind, value: unknown): PreparedDocument['filters'][string] | undefined {
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  if (kind === 'boolean') return typeof value === 'boolean' ? value : undefined
  if (kind === 'date') return isoOf(value)
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const texts = list.map(keywordOf)
  return list.length <= 1000 && texts.every((text) => text !== undefined) ? [...new Set(texts)] : undefined
}
