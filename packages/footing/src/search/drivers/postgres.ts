// Full text search of PostgreSQL, in tables of the module itself: an index is written in the transaction of its rows.
import { type Clock, isFootingError } from '@footing/kernel'
import type {
  DriverRebuild,
  PreparedDocument,
  RunStatement,
  SearchDriver,
  SearchExecutor,
  SearchIndex,
  WriteResult,
} from '../contract/contract.ts'
import { columnName } from '../contract/define-index.ts'
import { searchError } from '../contract/errors.ts'
import { tablesOf } from './postgres-names.ts'
import { searchStatement } from './postgres-search.ts'

/** Documents of one statement: their texts are one parameter. */
const batchSize = 200

/** Opens the driver. It has no connection of its own; the clock is asked for pauses of a rebuild that has to wait. */
export function postgresDriver(clock: Clock): SearchDriver {
  return {
    guarantees: { transactional: true, readAfterWrite: true, typoTolerant: true, exactTotal: true },
    write: (at, index, documents) => named(at, index, () => write(at, index, documents)),
    search: (at, index, request) =>
      named(at, index, async () => {
        const { text, values, settings, pageOf } = searchStatement(at.schema, index, request)
        if (settings === undefined) return pageOf(await at.read(text, values, request.consistency))
        return at.atomically(async (run) => {
          await run(settings)
          return pageOf(await run(text, values))
        })
      }),
    rebuild: (at, index) => named(at, index, () => rebuild(at, index, clock)),
    forget: (at, index, ms) => named(at, index, () => forget(at, index, ms)),
    close: async () => undefined,
  }
}

// A missing table is the module's missing migration, whatever PostgreSQL calls it.
async function named<T>(at: SearchExecutor, index: SearchIndex, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const cause: unknown = isFootingError(error) ? error.cause : undefined
    const state: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined
    const names = { index: index.name, reason: `the schema ${at.schema} has no tables for it.` }
    if (state === '42P01') throw searchError('search-index-missing', names, error)
    if (state === '42703') throw searchError('search-index-changed', { index: index.name }, error)
    if (state === '54000') {
      const reason = 'its texts have more distinct words than PostgreSQL keeps of one document.'
      throw searchError('search-document-too-large', { index: index.name, reason }, error)
    }
    throw error
  }
}

function write(at: SearchExecutor, index: SearchIndex, documents: readonly PreparedDocument[]): Promise<WriteResult> {
  return at.atomically(async (run) => {
    await holdGenerations(run, at, index)
    return { written: await insert(run, at, index, documents) }
  })
}

/**
 * Keeps a rebuild from beginning or ending until this transaction has ended. Shared among puts, and fair: a rebuild that
 * waits is not overtaken for ever.
 */
async function holdGenerations(run: RunStatement, at: SearchExecutor, index: SearchIndex): Promise<void> {
  const { lock, state } = tablesOf(at.schema, index)
  const [row] = await run(
    `select current_setting('transaction_isolation') as isolation, pg_advisory_xact_lock_shared(hashtextextended($1, 0))`,
    [lock],
  )
  // An older snapshot would not show a rebuild that began since; this refuses instead of losing the document.
  if (row?.isolation !== 'read committed') await run(`select 1 from ${state} where name = $1 for share`, [index.name])
}

// `building` names the one generation that a rebuild writes; left out, the active one and the one being built get the document.
async function insert(
  run: RunStatement,
  at: SearchExecutor,
  index: SearchIndex,
  documents: readonly PreparedDocument[],
  building?: number,
): Promise<number> {
  const text = insertStatement(at.schema, index)
  let written = 0
  for (let start = 0; start < documents.length; start += batchSize) {
    const batch = JSON.stringify(documents.slice(start, start + batchSize).map((document) => rowOf(index, document)))
    const [row] = await run(text, [batch, index.name, index.fingerprint, building ?? null])
    if (row?.known !== true) {
      throw searchError(building === undefined ? 'search-index-changed' : 'search-rebuild-replaced', {
        index: index.name,
      })
    }
    written += Number(row.written)
  }
  return written
}

function rowOf(index: SearchIndex, { id, version, removed, fields, filters }: PreparedDocument): object {
  const row: Record<string, unknown> = { id, version, removed }
  for (const name of Object.keys(index.fields)) row[`field_${columnName(name)}`] = fields[name] ?? null
  for (const name of Object.keys(index.filters)) row[`filter_${columnName(name)}`] = filters[name] ?? null
  return row
}

function insertStatement(schema: string, index: SearchIndex): string {
  const { table, state, columns } = tablesOf(schema, index)
  const names = columns.map(({ name }) => name)
  return `with state as (
      select case when $4::int is null then active else building end as first,
        case when $4::int is null then building end as second
      from ${state} where name = $2 and fingerprint = $3 and ($4::int is null or building = $4)
    ), stored as (
      insert into ${table} as kept (generation, id, version, removed_at, ${names.join(', ')})
      select target, given.id, given.version, case when given.removed then now() end,
        ${names.map((name) => `given.${name}`).join(', ')}
      from state, unnest(array_remove(array[first, second], null)) as target,
        jsonb_to_recordset($1::jsonb) as given (id text, version bigint, removed boolean,
          ${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})
      order by target, given.id collate "C"
      on conflict (generation, id) do update set version = excluded.version, removed_at = excluded.removed_at,
        ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
      where kept.version < excluded.version
      returning generation
    )
    select exists (select 1 from state) as known,
      (select count(*) from stored join state on stored.generation = state.first) as written`
}

async function rebuild(at: SearchExecutor, index: SearchIndex, clock: Clock): Promise<DriverRebuild> {
  const { state } = tablesOf(at.schema, index)
  const [begun] = await alone(at, index, clock, (run) =>
    run(
      `update ${state} set building = last + 1, last = last + 1 where name = $1 and fingerprint = $2 returning building`,
      [index.name, index.fingerprint],
    ),
  )
  if (begun === undefined) throw searchError('search-index-changed', { index: index.name })
  const building = Number(begun.building)
  await sweep(at, index)
  const leave = async (set: string): Promise<boolean> => {
    const rows = await alone(at, index, clock, (run) =>
      run(`update ${state} set ${set} where name = $1 and building = $2 returning name`, [index.name, building]),
    )
    await sweep(at, index)
    return rows.length > 0
  }
  return {
    write: (documents) =>
      at.atomically(async (run) => {
        await holdGenerations(run, at, index)
        return { written: await insert(run, at, index, documents, building) }
      }),
    finish: async () => {
      const switched = await leave('active = building, building = null')
      if (!switched) throw searchError('search-rebuild-replaced', { index: index.name })
    },
    abandon: async () => {
      await leave('building = null')
    },
  }
}

// Waits a moment only: while it waits no put gets on, and one of those may be what it waits for.
async function alone<T>(
  at: SearchExecutor,
  index: SearchIndex,
  clock: Clock,
  work: (run: RunStatement) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      return await at.atomically(
        async (run) => {
          await run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [tablesOf(at.schema, index).lock])
          return work(run)
        },
        { lockTimeoutMs: 200 },
      )
    } catch (error) {
      if (!isFootingError(error, 'data-lock-timeout') && !isFootingError(error, 'data-deadlock')) throw error
      await new Promise<void>((resolve) => clock.after(100, resolve))
    }
  }
  throw searchError('search-rebuild-blocked', { index: index.name })
}

// What earlier generations left, also those of rebuilds that were killed; in small steps, so that no lock is held for long.
async function sweep(at: SearchExecutor, index: SearchIndex): Promise<void> {
  const { table, state } = tablesOf(at.schema, index)
  for (;;) {
    const gone = await at.atomically((run) =>
      run(
        `delete from ${table} where ctid = any (array(
           select kept.ctid from ${table} kept, ${state} state
           where state.name = $1 and kept.generation <> state.active and kept.generation is distinct from state.building
           limit 1000 for update of kept skip locked))
         returning 1 as gone`,
        [index.name],
      ),
    )
    if (gone.length === 0) return
  }
}

// Not while a rebuild runs, whose source may still hold what was removed.
async function forget(at: SearchExecutor, index: SearchIndex, ms: number): Promise<void> {
  const { table, state } = tablesOf(at.schema, index)
  await at.atomically((run) =>
    run(
      `delete from ${table} where ctid = any (array(
         select ctid from ${table} where removed_at < now() - make_interval(secs => $2)
           and exists (select 1 from ${state} where name = $1 and building is null)
         order by removed_at limit 1000 for update skip locked))`,
      [index.name, ms / 1000],
    ),
  )
}
