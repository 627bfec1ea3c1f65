// The cursor of a page: score and id of its last hit, and a mark of the search that it belongs to.
import { createHash } from 'node:crypto'
import type { PagePosition, PreparedSearch, SearchIndex } from './contract/contract.ts'
import { searchError } from './contract/errors.ts'
import { cleanText } from './contract/highlight.ts'

type SearchIdentity = Pick<PreparedSearch, 'query' | 'filters' | 'typos'>

/** Writes the cursor behind a hit. */
export function writeCursor({ score, id }: PagePosition, index: SearchIndex, search: SearchIdentity): string {
  return Buffer.from(JSON.stringify([markOf(index, search), score, id])).toString('base64url')
}

/**
 * Reads it. A cursor comes from outside, so that it may be anything.
 * @throws `search-cursor-invalid`
 */
export function readCursor(cursor: unknown, index: SearchIndex, search: SearchIdentity): PagePosition {
  const invalid = (reason: string) => searchError('search-cursor-invalid', { reason })
  if (typeof cursor !== 'string' || cursor.length > 2000) throw invalid('this is no cursor.')
  const [mark, score, id] = contentOf(cursor)
  if (
    typeof score !== 'number' ||
    !Number.isFinite(score) ||
    typeof id !== 'string' ||
    id === '' ||
    cleanText(id) !== id
  ) {
    throw invalid('this is no cursor.')
  }
  if (mark !== markOf(index, search)) throw invalid('the cursor belongs to another search.')
  return { score, id }
}

function contentOf(cursor: string): readonly unknown[] {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(content) ? content : []
  } catch {
    return []
  }
}

function markOf({ name, fingerprint }: SearchIndex, { query, filters, typos }: SearchIdentity): string {
  const text = JSON.stringify([name, fingerprint, query ?? null, filters, typos])
  return createHash('sha256').update(text).digest('base64url').slice(0, 10)
}
