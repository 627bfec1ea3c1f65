// Proves the log: every seal is computed again from the entries, and every trigger is compared with what it should be.
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { entryLine, guardTriggers, refuseChange, sealLine } from './log-tables.ts'
import { type AccessModule, type LoggedTable, loggedTables } from './logged-table.ts'
import { soundWriteTrigger, writeFunction, writeFunctionBody, writeTriggers } from './record-writes.ts'

/** What a verification found. */
export interface LogVerification {
  readonly ok: boolean
  readonly seals: number
  /** Entries that their seals cover and that were computed again. */
  readonly entries: number
  /** Entries that no seal covers yet: nothing proves them so far. */
  readonly unsealed: number
  /** Months that were dropped: `YYYY-MM-DD` of the first day. Only the chain speaks for them. */
  readonly retired: readonly string[]
  /** Hash of the last seal. Whoever keeps it elsewhere can tell a log that was rewritten as a whole. */
  readonly head: string | undefined
  readonly faults: readonly string[]
}

/** How a log is verified. */
export interface VerifyOptions {
  /** A head from before: it must still be in the chain. */
  readonly expect?: string | undefined
}

/**
 * Verifies the log over the direct URL, page by page, in one snapshot. It trusts no function of the database: hashes are
 * computed here.
 */
export async function verifyAccessLog(
  directUrl: string,
  modules: readonly AccessModule[],
  options: VerifyOptions = {},
): Promise<LogVerification> {
  return withDirectClient(directUrl, async (client) => {
    await client.query('begin isolation level repeatable read read only')
    const faults = [...(await guardFaults(client)), ...(await triggerFaults(client, loggedTables(modules)))]
    const retired = await column<string>(
      client,
      'select month::text as value from footing_access.retired order by month',
    )
    const seals = await readSeals(client)
    let entries = 0
    let previous: Buffer = Buffer.alloc(0)
    let last = 0
    for (const seal of seals) {
      if (seal.number !== last + 1) faults.push(`seal ${last + 1} is missing`)
      last = seal.number
      const hash = createHash('sha256').update(previous).update(seal.line, 'utf8').digest()
      if (!hash.equals(seal.hash)) faults.push(`seal ${seal.number} does not continue the chain: it was changed`)
      previous = seal.hash
      if (retired.includes(seal.month)) continue
      const found = await digestOf(client, seal)
      entries += found.entries
      if (!found.digest.equals(seal.digest)) faults.push(changed(seal, found.entries))
    }
    const horizon = seals.at(-1)?.to ?? '0'
    const [covered = 0] = await count(client, 'xid < $1::text::xid8', horizon)
    if (covered !== entries && faults.length === 0)
      faults.push(`${covered - entries} entries lie in sealed ranges and in no seal`)
    const [unsealed = 0] = await count(client, 'xid >= $1::text::xid8', horizon)
    const head = seals.at(-1)?.hash.toString('hex')
    const { expect } = options
    if (expect !== undefined && !seals.some(({ hash }) => hash.toString('hex') === expect)) {
      faults.push(`no seal has the hash ${expect.slice(0, 80)}: the log was rewritten or cut`)
    }
    await client.query('rollback')
    return { ok: faults.length === 0, seals: seals.length, entries, unsealed, retired, head, faults }
  })
}

interface Seal {
  readonly number: number
  readonly month: string
  readonly from: string
  readonly to: string
  readonly entries: number
  readonly digest: Buffer
  readonly hash: Buffer
  readonly line: string
}

function changed({ number, month, entries }: Seal, found: number): string {
  const how = found === entries ? 'an entry was changed' : `${entries} entries were sealed, ${found} are there`
  return `seal ${number} of ${month.slice(0, 7)} does not match: ${how}`
}

async function readSeals(client: pg.Client): Promise<readonly Seal[]> {
  const { rows } = await client.query<Seal>(
    `select s.number::int, s.month::text, s.from_xid::text as from, s.to_xid::text as to, s.entries::int, s.digest, s.hash,
            ${sealLine} as line from footing_access.seal s order by s.number`,
  )
  return rows
}

const pageSize = 5000

async function digestOf(client: pg.Client, seal: Seal): Promise<{ digest: Buffer; entries: number }> {
  let digest: Buffer = Buffer.alloc(0)
  let entries = 0
  let after = { xid: seal.from, id: '0' }
  for (;;) {
    const { rows } = await client.query<{ xid: string; id: string; line: string }>(
      `select e.xid::text as xid, e.id::text as id, ${entryLine} as line from footing_access.entry e
        where (e.xid, e.id) > ($1::text::xid8, $2::bigint) and e.xid < $3::text::xid8
          and e.at >= ($4::date::timestamp at time zone 'UTC') and e.at < (($4::date + interval '1 month') at time zone 'UTC')
        order by e.xid, e.id limit ${pageSize}`,
      [after.xid, after.id, seal.to, seal.month],
    )
    for (const { line } of rows) digest = createHash('sha256').update(digest).update(line, 'utf8').digest()
    entries += rows.length
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return { digest, entries }
    after = last
  }
}

// What keeps the log itself from being changed: on each of its months, and on the seals.
async function guardFaults(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; trigger: string; source: string | null }>(
    `select r.relation::text as name, g.trigger, (
        select p.prosrc from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
         where t.tgrelid = r.relation and t.tgname = g.trigger and t.tgtype = g.kind and t.tgenabled = 'A' and t.tgqual is null
           and n.nspname = 'footing_access' and p.proname = 'refuse_change') as source
       from (select relid as relation from pg_partition_tree('footing_access.entry') union select 'footing_access.seal'::regclass) r
      cross join (select key as trigger, value::int as kind from jsonb_each_text($1::jsonb)) g order by 1, 2`,
    [JSON.stringify(guardTriggers)],
  )
  return rows
    .filter(({ source }) => source !== refuseChange)
    .map(({ name, trigger, source }) =>
      source === null
        ? `${name}: the trigger ${trigger} is missing or switched off`
        : `${name}: the trigger ${trigger} does not refuse changes any more`,
    )
}

async function triggerFaults(client: pg.Client, tables: readonly LoggedTable[]): Promise<string[]> {
  const faults: string[] = []
  for (const table of tables.filter(({ writes }) => writes)) {
    const { rows } = await client.query<{ source: string; triggers: number }>(
      `select p.prosrc as source, (select count(*)::int from pg_trigger t where t.tgfoid = p.oid
          and t.tgrelid = to_regclass(format('%I.%I', $2::text, $3::text)) and ${soundWriteTrigger}) as triggers
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'footing_access' and p.proname = $1`,
      [writeFunction(table), schemaOf(table.module), table.table],
    )
    const name = `${table.module}.${table.table}`
    const [found] = rows
    if (found === undefined || found.triggers !== writeTriggers.length)
      faults.push(`${name}: a trigger is missing or switched off`)
    else if (found.source !== writeFunctionBody(table))
      faults.push(`${name}: the trigger does not do what the manifest says`)
  }
  return faults
}

async function count(client: pg.Client, where: string, value: string): Promise<readonly number[]> {
  const { rows } = await client.query<{ value: string }>(
    `select count(*) as value from footing_access.entry where ${where}`,
    [value],
  )
  return rows.map(({ value }) => Number(value))
}

async function column<T>(client: pg.Client, text: string): Promise<readonly T[]> {
  const { rows } = await client.query<{ value: T }>(text)
  return rows.map(({ value }) => value)
}
