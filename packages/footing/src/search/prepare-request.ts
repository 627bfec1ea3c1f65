// Checks a search against the declaration of its index. The text of the query is never wrong; options may be.
import type { FilterKind, PreparedCondition, PreparedSearch, SearchIndex, SearchRequest } from './contract/contract.ts'
import { searchError } from './contract/errors.ts'
import { cleanText } from './contract/highlight.ts'
import { readCursor } from './cursor.ts'
import { isoOf, keywordOf } from './filter-value.ts'

const longestQuery = 1000
/** Each word costs work in each field, and nobody types more. */
const mostWords = 32

/**
 * The search as drivers get it.
 * @throws `search-request-invalid`, `search-cursor-invalid`
 */
export function prepareRequest(index: SearchIndex, request: SearchRequest): PreparedSearch {
  const { query = '', limit = 20, after, highlight = false, typos = false, consistency = 'latest' } = request
  if (typeof query !== 'string' || query.length > longestQuery) {
    throw invalid(`the query is not a text of up to ${longestQuery} characters.`)
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw invalid('limit is not a whole number from 1 to 100.')
  const text = cleanText(query).split(/\s+/).filter(Boolean).slice(0, mostWords).join(' ')
  const filters = Object.entries(request.filters ?? {})
    .filter(([, condition]) => condition !== undefined)
    .map(([name, condition]) => prepareCondition(index, name, condition))
  const prepared = {
    query: text === '' ? undefined : text,
    filters,
    limit: limit + 1,
    highlight,
    // Without words there is nothing to mistype.
    typos: typos && text !== '',
    consistency,
  }
  return { ...prepared, after: after === undefined ? undefined : readCursor(after, index, prepared) }
}

function prepareCondition(index: SearchIndex, name: string, condition: unknown): PreparedCondition {
  const kind = Object.hasOwn(index.filters, name) ? index.filters[name] : undefined
  if (kind === undefined) throw invalid(`there is no filter ${JSON.stringify(name.slice(0, 40))}.`)
  const wrong = () => invalid(`the filter ${name} does not compare with a ${kind}.`)
  if (kind === 'number' || kind === 'date') {
    if (typeof condition === 'object' && condition !== null && !Array.isArray(condition)) {
      const { from, to, ...others }: Record<string, unknown> = { ...condition }
      if (Object.keys(others).length > 0 || (from === undefined && to === undefined)) throw wrong()
      return { name, kind, from: limitOf(kind, from, wrong), to: limitOf(kind, to, wrong) }
    }
    if (kind === 'date') throw wrong()
  }
  const any = (Array.isArray(condition) ? condition : [condition]).map((value) => exactOf(kind, value))
  if (any.length > 100 || !any.every((value) => value !== undefined)) throw wrong()
  return { name, kind, any }
}

function exactOf(kind: FilterKind, value: unknown): string | number | boolean | undefined {
  if (kind === 'keyword') return keywordOf(value)
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  return typeof value === 'boolean' ? value : undefined
}

function limitOf(kind: 'number' | 'date', value: unknown, wrong: () => Error): string | number | undefined {
  if (value === undefined) return undefined
  const limit = kind === 'date' ? isoOf(value) : exactOf(kind, value)
  if (limit === undefined || typeof limit === 'boolean') throw wrong()
  return limit
}

function invalid(reason: string) {
  return searchError('search-request-invalid', { reason })
}
