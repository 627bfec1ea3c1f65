// Keeping the log: sealing what has happened, and letting go of months that need not be kept.
import type pg from 'pg'
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { accessLogErrors } from './errors.ts'

/** The statement that seals what can no longer change and prepares the next months; any process may send it at any time. */
export const maintainLog = 'select footing_access.maintain()::int as sealed'

/**
 * Seals the entries of all transactions that have ended; returns how many. Long transactions hold back whatever began
 * after them.
 * @throws `access-log-restored`
 */
export async function sealAccessLog(directUrl: string): Promise<number> {
  return withDirectClient(directUrl, sealNow)
}

async function sealNow(client: pg.Client): Promise<number> {
  try {
    const { rows } = await client.query<{ sealed: number }>(maintainLog)
    return rows[0]?.sealed ?? 0
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'FT002') {
      throw accessLogErrors('access-log-restored', { cause })
    }
    throw cause
  }
}

/** A month that was dropped. */
export interface RetiredMonth {
  /** First day of it, `YYYY-MM-DD`. */
  readonly month: string
  readonly entries: number
}

/**
 * Drops the months before the last `keepMonths` full ones, oldest first, each in a transaction of its own. Their seals
 * stay, so that the chain still holds. Only the owner of the log may do this.
 * @throws `access-log-unsealed`
 */
export async function retireAccessLog(
  directUrl: string,
  options: { readonly keepMonths: number; readonly now: number },
): Promise<readonly RetiredMonth[]> {
  const { keepMonths, now } = options
  if (!Number.isInteger(keepMonths) || keepMonths < 1)
    throw new RangeError(`at least one month is kept, not ${keepMonths}`)
  const today = new Date(now)
  const first = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - keepMonths, 1))
    .toISOString()
    .slice(0, 10)
  return withDirectClient(directUrl, async (client) => {
    await sealNow(client)
    const { rows } = await client.query<{ month: string; partition: string }>(
      `select to_char(to_date(substring(c.relname from 7), 'YYYY_MM'), 'YYYY-MM-DD') as month, c.relname as partition
         from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'footing_access.entry'::regclass and c.relname ~ '^entry_\\d{4}_\\d{2}$'
          and to_date(substring(c.relname from 7), 'YYYY_MM') < $1::date order by 1`,
      [first],
    )
    const retired: RetiredMonth[] = []
    for (const { month, partition } of rows) retired.push(await dropMonth(client, month, partition))
    return retired
  })
}

async function dropMonth(client: pg.Client, month: string, partition: string): Promise<RetiredMonth> {
  await client.query("begin; set local lock_timeout = '5s'")
  try {
    await client.query(`lock table footing_access.${partition} in access exclusive mode`)
    const { rows } = await client.query<{ entries: number; sealed: number }>(
      `select (select count(*)::int from footing_access.${partition}) as entries,
              (select coalesce(sum(entries), 0)::int from footing_access.seal where month = $1::date) as sealed`,
      [month],
    )
    const { entries = 0, sealed = 0 } = rows[0] ?? {}
    if (entries > sealed) throw accessLogErrors('access-log-unsealed', { details: { month } })
    await client.query('insert into footing_access.retired (month, entries) values ($1::date, $2)', [month, entries])
    await client.query(`drop table footing_access.${partition}`)
    await client.query('commit')
    return { month, entries }
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}
