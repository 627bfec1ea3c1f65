// The access log of a running application: who acts, and which reads have to be recorded.
import type pg from 'pg'
import type { QueryScope } from '../../data/contract/contract.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import type { SendToPrimary } from '../../data/contract/statement-hooks.ts'
import { actorText, setActor } from './actor.ts'
import { accessLogErrors } from './errors.ts'
import { type AccessModule, type LoggedTable, loggedTables } from './logged-table.ts'
import { soundWriteTrigger, writeFunction, writeTriggers } from './record-writes.ts'
import { type ReadRecord, WatchedReads, type WatchedRelation } from './watched-reads.ts'

/** What is asked for each statement; `recordHooks` joins it to a data source. */
export class AccessLog {
  readonly #writing: ReadonlySet<string>
  readonly #tables: readonly LoggedTable[]
  #reads: WatchedReads | undefined

  constructor(modules: readonly AccessModule[]) {
    this.#tables = loggedTables(modules)
    this.#writing = new Set(this.#tables.filter(({ writes }) => writes).map(({ module }) => module))
  }

  /** True when no table is logged, so that nothing needs to be asked. */
  get empty(): boolean {
    return this.#tables.length === 0
  }

  /** True when reads of some table are logged. */
  get recordsReads(): boolean {
    return this.#tables.some(({ reads }) => reads)
  }

  /** Says who acts, in front of statements of modules that have a table whose writes are logged; else undefined. */
  beforeWrite(module: string, scope: QueryScope | undefined): string | undefined {
    return this.#writing.has(module) ? setActor(actorText(scope?.actor?.() ?? {})) : undefined
  }

  /** What has to be recorded of a result before its rows are given out. @throws `access-log-missing` before the first `ping` */
  readsOf(text: string, result: pg.QueryResult): readonly ReadRecord[] {
    if (this.#reads === undefined) throw missing(this.#tables[0])
    return this.#reads.recordsOf(text, result)
  }

  /**
   * Compares the database with the manifests and learns which relations show logged records.
   * @throws `access-log-missing` when a table has no trigger: it would be changed unseen
   */
  async verifyInstalled(send: SendToPrimary): Promise<void> {
    if (this.empty || this.#reads !== undefined) return
    const { rows } = await send(relationsQuery, [
      JSON.stringify(
        this.#tables.map((table) => ({
          schema: schemaOf(table.module),
          name: table.table,
          routine: writeFunction(table),
          key: table.key,
        })),
      ),
    ])
    const found = rows as readonly RelationRow[] // the query below names exactly these columns
    for (const [index, table] of this.#tables.entries()) {
      const own = found.filter((row) => row.at === index && !row.view)
      const unseen = own.find((row) => row.triggers !== writeTriggers.length)
      if (own.length === 0 || (table.writes && unseen !== undefined)) {
        throw missing(table)
      }
    }
    this.#reads = new WatchedReads(found.flatMap((row) => watchedRelation(row, this.#tables[row.at])))
  }
}

function missing(table: LoggedTable | undefined): Error {
  return accessLogErrors('access-log-missing', { details: { table: `${table?.module ?? ''}.${table?.table ?? ''}` } })
}

interface RelationRow {
  readonly at: number
  readonly oid: number
  readonly name: string
  readonly view: boolean
  readonly triggers: number
  readonly keys: Readonly<Record<string, number>>
}

function watchedRelation(row: RelationRow, table: LoggedTable | undefined): readonly WatchedRelation[] {
  if (table?.reads !== true) return []
  const keyColumns = new Map(row.view ? [] : Object.entries(row.keys).map(([name, number]) => [number, name]))
  return [{ oid: row.oid, name: row.name, table, keyColumns }]
}

// Tables with their partitions, and every view that reads from one of them, however many views lie between.
const relationsQuery = `
with recursive declared as (
  select (ordinality - 1)::int as at, d->>'routine' as routine, d->'key' as key,
         to_regclass(format('%I.%I', d->>'schema', d->>'name')) as relation
    from jsonb_array_elements($1::jsonb) with ordinality as t(d, ordinality)
), relation as (
  select at, routine, key, coalesce(p.relid, d.relation)::oid as oid, false as view
    from declared d left join lateral pg_partition_tree(d.relation) p on true where d.relation is not null
  union
  select r.at, r.routine, r.key, w.ev_class, true
    from relation r join pg_depend d on d.refobjid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_rewrite w on w.oid = d.objid and d.classid = 'pg_rewrite'::regclass and w.ev_class <> r.oid
)
select r.at, r.oid::int8::int as oid, c.relname as name, r.view,
  (select count(*)::int from pg_trigger t join pg_proc p on p.oid = t.tgfoid
     join pg_namespace n on n.oid = p.pronamespace
    where t.tgrelid = r.oid and n.nspname = 'footing_access' and p.proname = r.routine and ${soundWriteTrigger}) as triggers,
  coalesce((select jsonb_object_agg(a.attname, a.attnum) from pg_attribute a
    where a.attrelid = r.oid and a.attname in (select jsonb_array_elements_text(r.key))), '{}') as keys
from relation r join pg_class c on c.oid = r.oid`
