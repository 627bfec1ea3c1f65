// Elasticsearch from 7.17 and what speaks its language, over plain HTTP. Writes go to aliases only, so that an index that is
// gone is never made anew by accident, and a rebuild switches in one step.
import { randomBytes } from 'node:crypto'
import { isFootingError } from '@footing/kernel'
import type {
  DriverPage,
  DriverRebuild,
  PreparedSearch,
  SearchDriver,
  SearchExecutor,
  SearchIndex,
  WriteResult,
} from '../contract/contract.ts'
import { searchError } from '../contract/errors.ts'
import { type BulkWrite, bulkRemove, bulkWrite } from './elasticsearch-bulk.ts'
import { type ElasticsearchSurroundings, elasticsearchHttp, fieldOf, type SendCall } from './elasticsearch-http.ts'
import { indexBody } from './elasticsearch-index.ts'
import { searchBody } from './elasticsearch-query.ts'
import type { ElasticsearchTarget } from './elasticsearch-target.ts'

/** Names on the server: the alias that is searched, and the one of the index that a rebuild fills. */
interface Names {
  readonly active: string
  readonly building: string
}

/** Opens the driver; nothing is connected yet. */
export function elasticsearchDriver(
  target: ElasticsearchTarget,
  surroundings: ElasticsearchSurroundings,
): SearchDriver {
  const send = elasticsearchHttp(target, surroundings)
  const refresh = target.waitsForRefresh
  const now = () => surroundings.clock.now()
  const ready = new Map<string, Promise<void>>()
  const namesOf = ({ schema }: SearchExecutor, { name }: SearchIndex): Names => {
    const active = `${target.prefix}-${schema}-${name}`
    return { active, building: `${active}-building` }
  }
  // Asked once in a process; a failure is not remembered.
  const named = async <T>(at: SearchExecutor, index: SearchIndex, work: (names: Names) => Promise<T>): Promise<T> => {
    const names = namesOf(at, index)
    const key = `${names.active} ${index.fingerprint}`
    const known = ready.get(key) ?? ensureIndex(send, names, index)
    ready.set(key, known)
    try {
      await known
      return await work(names)
    } catch (error) {
      ready.delete(key)
      throw error
    }
  }
  return {
    guarantees: { transactional: false, readAfterWrite: refresh, typoTolerant: true, exactTotal: false },
    write: (at, index, documents) =>
      named(at, index, (names) => onceMore(() => write(send, names, { index, documents, refresh, now: now() }))),
    search: (at, index, request) => named(at, index, (names) => onceMore(() => search(send, names, index, request))),
    rebuild: (at, index) => named(at, index, (names) => rebuild(send, names, index, now)),
    forget: (at, index, ms) => named(at, index, (names) => forget(send, names, now() - ms)),
    async ping() {
      await send({ operation: 'ping', method: 'GET', path: `/_alias/${target.prefix}-ping`, expected: [404] })
    },
    close: async () => ready.clear(),
  }
}

// The first index has a fixed name, so that of two processes that begin at once one makes it.
async function ensureIndex(send: SendCall, { active }: Names, index: SearchIndex): Promise<void> {
  const look = () => send({ operation: 'look', method: 'GET', path: `/${active}/_mapping`, expected: [404] })
  let found = await look()
  if (found.status === 404) {
    const body = { ...indexBody(index), aliases: { [active]: {} } }
    // 400: it was made in between, or by an attempt whose answer was lost.
    await send({ operation: 'create', method: 'PUT', path: `/${active}-first`, body, expected: [400] })
    found = await look()
  }
  if (found.status === 404)
    throw searchError('search-failed', { operation: 'create', reason: 'the index is not there.' })
  const [made] = Object.values(found.body)
  const mark = fieldOf(fieldOf(fieldOf(made, 'mappings'), '_meta'), 'fingerprint')
  if (mark !== index.fingerprint) throw searchError('search-index-changed', { index: index.name })
}

type Writing = Pick<BulkWrite, 'index' | 'documents' | 'refresh' | 'now'>

// A rebuild that begins after this look reads its source later still, and finds there what is put here.
async function write(send: SendCall, names: Names, writing: Writing): Promise<WriteResult> {
  const { status } = await send({
    operation: 'look',
    method: 'GET',
    path: `/_alias/${names.building}`,
    expected: [404],
  })
  if (status === 200) await bulkWrite(send, { ...writing, alias: names.building, ifMissing: 'ignore', refresh: false })
  return bulkWrite(send, { ...writing, alias: names.active, ifMissing: 'search-index-missing' })
}

async function search(send: SendCall, names: Names, index: SearchIndex, request: PreparedSearch): Promise<DriverPage> {
  const { status, body } = await send({
    operation: 'search',
    method: 'POST',
    path: `/${names.active}/_search?allow_partial_search_results=false`,
    body: searchBody(index, request),
    expected: [404],
  })
  if (status === 404) throw missing(index)
  const hits = fieldOf(body, 'hits')
  const list = fieldOf(hits, 'hits')
  const total = fieldOf(hits, 'total')
  return {
    hits: (Array.isArray(list) ? list : []).map((hit: unknown) => hitOf(hit, request.highlight)),
    total: { value: Number(fieldOf(total, 'value') ?? 0), exact: fieldOf(total, 'relation') === 'eq' },
  }
}

function hitOf(hit: unknown, highlight: boolean) {
  const source = fieldOf(hit, '_source')
  const excerpts = Object.entries(Object(fieldOf(hit, 'highlight'))).flatMap(([field, fragments]) =>
    Array.isArray(fragments) ? [[field.replace(/^fields\./, ''), fragments.join(' … ')] as const] : [],
  )
  return {
    id: String(fieldOf(source, 'id')),
    version: Number(fieldOf(source, 'version')),
    score: Number(fieldOf(hit, '_score') ?? 0),
    ...(highlight ? { highlight: Object.fromEntries(excerpts) } : {}),
  }
}

async function rebuild(send: SendCall, names: Names, index: SearchIndex, now: () => number): Promise<DriverRebuild> {
  const made = `${names.active}-${randomBytes(8).toString('hex')}`
  const own = `${made}-own`
  await send({
    operation: 'create',
    method: 'PUT',
    path: `/${made}`,
    body: { ...indexBody(index), aliases: { [own]: {} } },
    repeatable: false,
  })
  const discard = () => send({ operation: 'delete', method: 'DELETE', path: `/${made}`, expected: [404] })
  await announce(send, names, made).catch(async (error: unknown) => {
    await discard().catch(() => undefined)
    throw error
  })
  return {
    write: (documents) =>
      bulkWrite(send, {
        index,
        documents,
        alias: own,
        ifMissing: 'search-rebuild-replaced',
        refresh: false,
        now: now(),
      }),
    finish: async () => {
      const { status } = await send({ operation: 'refresh', method: 'POST', path: `/${own}/_refresh`, expected: [404] })
      if (status === 404) throw searchError('search-rebuild-replaced', { index: index.name })
      await switchOver(send, names, { index, made, own })
    },
    abandon: async () => {
      await discard()
    },
  }
}

// Takes the place of an earlier rebuild, finished or not. The server allows one index to be written by the alias, so that of two
// that begin at once one is refused and tries again.
async function announce(send: SendCall, { building }: Names, made: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const earlier = await holdersOf(send, building)
    const actions = [
      ...earlier.map((name) => ({ remove_index: { index: name } })),
      { add: { index: made, alias: building, is_write_index: true } },
    ]
    try {
      await send({ operation: 'announce', method: 'POST', path: '/_aliases', body: { actions }, repeatable: false })
      return
    } catch (error) {
      if ((await holdersOf(send, building)).includes(made)) return
      if (attempt === 5 || !isFootingError(error, 'search-failed')) throw error
    }
  }
}

async function switchOver(
  send: SendCall,
  { active, building }: Names,
  { index, made, own }: { readonly index: SearchIndex; readonly made: string; readonly own: string },
): Promise<void> {
  const old = await holdersOf(send, active)
  const actions = [
    { remove: { index: made, alias: building, must_exist: true } },
    { remove: { index: made, alias: own } },
    { add: { index: made, alias: active, is_write_index: true } },
    ...old.map((name) => ({ remove_index: { index: name } })),
  ]
  try {
    await send({ operation: 'switch', method: 'POST', path: '/_aliases', body: { actions }, repeatable: false })
  } catch (error) {
    // The answer may have been lost after the switch.
    if ((await holdersOf(send, active)).includes(made)) return
    if ((await holdersOf(send, building)).includes(made)) throw error
    throw searchError('search-rebuild-replaced', { index: index.name }, error)
  }
}

async function holdersOf(send: SendCall, alias: string): Promise<readonly string[]> {
  const { status, body } = await send({ operation: 'look', method: 'GET', path: `/_alias/${alias}`, expected: [404] })
  return status === 404 ? [] : Object.keys(body)
}

// Each with the version that it was removed at: one that was put again since stays.
async function forget(send: SendCall, { active, building }: Names, before: number): Promise<void> {
  if ((await holdersOf(send, building)).length > 0) return
  const { body } = await send({
    operation: 'search',
    method: 'POST',
    path: `/${active}/_search`,
    body: {
      size: 1000,
      _source: ['id', 'version'],
      query: { range: { removedAt: { lt: new Date(before).toISOString() } } },
    },
  })
  const hits = fieldOf(fieldOf(body, 'hits'), 'hits')
  const removed = (Array.isArray(hits) ? hits : []).map((hit: unknown) => hitOf(hit, false))
  await bulkRemove(send, active, removed)
}

function missing(index: SearchIndex) {
  return searchError('search-index-missing', { index: index.name, reason: 'the server has no index under its name.' })
}

// A rebuild that ends at this moment deletes the index that a request was on its way to; the name leads to the new one then.
async function onceMore<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt === 5 || !isFootingError(error, 'search-index-missing')) throw error
    }
  }
}
