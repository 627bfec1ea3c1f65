// The account of erasures in the database of this process, where one of its modules has personal data in it.
import type { Database } from '../../data/contract/contract.ts'
import { personalTables } from './declared-table.ts'
import type { PersonalDataOptions } from './personal-data.ts'

/** The database with the account; undefined in a process without one. */
export function accountDatabase({ local, data }: Pick<PersonalDataOptions, 'local' | 'data'>) {
  return local.some((module) => personalTables(module).length > 0) ? data?.forModule<unknown>('footing') : undefined
}

/** Adds what a store did; the result is what all runs have done, those that were interrupted among them. */
export async function noteStore(
  account: Database<unknown> | undefined,
  subject: string,
  name: string,
  erased: number,
  kept: number,
): Promise<number | undefined> {
  if (account === undefined) return undefined
  const place = [subject, 'stores', name]
  await account.query("select footing_personal.note_step($1, $2, $3, 'store', $4, $5)", [...place, erased, kept])
  const [row] = await account.query<{ total: number }>(
    `select (s->>'rows')::int as total from jsonb_array_elements(footing_personal.account_of($1)->'steps') s
      where s->>'module' = $2 and s->>'table' = $3`,
    place,
  )
  return row?.total
}

/** When the erasure was asked for and first finished: ISO times, now where nothing is known. */
export async function timesOf({ clock }: PersonalDataOptions, account: Database<unknown> | undefined, subject: string) {
  const rows = await account?.query<{ account: { requestedAt: string; finishedAt: string | null } | null }>(
    'select footing_personal.account_of($1) as account',
    [subject],
  )
  const times = rows?.[0]?.account
  const now = new Date(clock.now()).toISOString()
  return { requestedAt: times?.requestedAt ?? now, finishedAt: times?.finishedAt ?? now }
}
