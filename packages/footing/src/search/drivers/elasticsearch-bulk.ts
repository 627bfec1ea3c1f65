// Many documents in one request, each with its own version and its own fault.
import type { PreparedDocument, SearchIndex, WriteResult } from '../contract/contract.ts'
import { type SearchErrorCode, searchError } from '../contract/errors.ts'
import { faultTypeOf, fieldOf, type SendCall } from './elasticsearch-http.ts'

/** What is written where. */
export interface BulkWrite {
  readonly index: SearchIndex
  readonly documents: readonly PreparedDocument[]
  readonly alias: string
  /** What an alias that nobody has means. */
  readonly ifMissing: 'ignore' | Extract<SearchErrorCode, 'search-index-missing' | 'search-rebuild-replaced'>
  /** Waits until searches find it. */
  readonly refresh: boolean
  /** Milliseconds since 1970, remembered with what is removed. */
  readonly now: number
}

/** A request holds no more documents and not much more bytes than this. */
const most = { documents: 500, bytes: 5 * 1024 * 1024 }

/**
 * Writes documents; the server keeps the higher version. Repeating it is safe.
 * @throws `search-document-refused`, and what `ifMissing` names
 */
export async function bulkWrite(send: SendCall, write: BulkWrite): Promise<WriteResult> {
  let written = 0
  const refused: string[] = []
  for (const lines of requestsOf(write)) {
    for (const { status, fault } of await sendBulk(send, lines, write.refresh)) {
      if (status < 300) written += 1
      else if (status === 404) {
        if (write.ifMissing === 'ignore') return { written }
        throw missingAlias(write)
      } else if (status === 429 || status === 503) {
        throw searchError('search-unreachable', { reason: 'it is overloaded and took a part of the documents only.' })
      } else if (status !== 409) refused.push(fault)
    }
  }
  const [reason] = refused
  if (reason !== undefined) {
    throw searchError('search-document-refused', { count: refused.length, all: write.documents.length, reason })
  }
  return { written }
}

/** Deletes documents that still have the version given. */
export async function bulkRemove(
  send: SendCall,
  alias: string,
  documents: readonly { readonly id: string; readonly version: number }[],
): Promise<void> {
  if (documents.length === 0) return
  const lines = documents.map(({ id, version }) => ({
    delete: { _index: alias, _id: id, version, version_type: 'external_gte' },
  }))
  await sendBulk(send, lines, false)
}

function missingAlias({ ifMissing, index: { name } }: BulkWrite) {
  const reason = 'the server has no index under its name.'
  return ifMissing === 'search-index-missing'
    ? searchError('search-index-missing', { index: name, reason })
    : searchError('search-rebuild-replaced', { index: name })
}

async function sendBulk(send: SendCall, lines: readonly object[], refresh: boolean) {
  const path = `/_bulk${refresh ? '?refresh=wait_for' : ''}`
  const { body } = await send({ operation: 'bulk', method: 'POST', path, body: lines })
  const items = fieldOf(body, 'items')
  if (!Array.isArray(items))
    throw searchError('search-failed', { operation: 'bulk', reason: 'the answer names no items.' })
  return items.map((item: unknown) => {
    const [result] = Object.values(Object(item))
    return { status: Number(fieldOf(result, 'status')), fault: faultTypeOf(result) }
  })
}

function* requestsOf({ documents, alias, now }: BulkWrite): Generator<readonly object[]> {
  let lines: object[] = []
  let bytes = 0
  for (const { id, version, removed, fields, filters } of documents) {
    const action = { _index: alias, _id: id, version, version_type: 'external', require_alias: true }
    const content = removed ? { removedAt: new Date(now).toISOString() } : { fields, filters }
    lines.push({ index: action }, { id, version, ...content })
    for (const text of Object.values(fields)) bytes += Buffer.byteLength(text)
    if (lines.length < 2 * most.documents && bytes < most.bytes) continue
    yield lines
    lines = []
    bytes = 0
  }
  if (lines.length > 0) yield lines
}
