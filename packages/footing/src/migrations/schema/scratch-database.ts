// A database that is empty, used once and gone afterwards: where migrations build what they say.

import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { quoteName } from '../../data/contract/quote.ts'

// Long enough for any build; an older one belongs to a run that was killed.
const abandonedAfterHours = 6

/**
 * Creates a database beside that of the URL, runs `work` with its URL, and drops it. Those that a killed run left behind
 * are dropped on the way.
 * @throws `data-access-refused` when the user may not create databases
 */
export async function withScratchDatabase<T>(
  serverUrl: string,
  now: Date,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const name = `${prefix}${now.getTime()}_${randomBytes(4).toString('hex')}`
  await withDirectClient(serverUrl, async (client) => {
    await dropAbandoned(client, now)
    await client.query(`create database ${quoteName(name)} template template0`)
  })
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  try {
    return await work(url.href)
  } finally {
    await withDirectClient(serverUrl, (client) => drop(client, name)).catch(() => undefined)
  }
}

const prefix = 'footing_scratch_'

async function dropAbandoned(client: pg.Client, now: Date): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select datname as name from pg_database where datname ~ '^${prefix}[0-9]+_[0-9a-f]+$' and datdba = current_user::regrole`,
  )
  const oldest = now.getTime() - abandonedAfterHours * 3_600_000
  for (const { name } of rows) {
    if (Number(name.slice(prefix.length).split('_')[0]) < oldest) await drop(client, name).catch(() => undefined)
  }
}

async function drop(client: pg.Client, name: string): Promise<void> {
  await client.query(`drop database if exists ${quoteName(name)} with (force)`)
}

/** True when the user of the URL may create a database there. */
export async function mayCreateDatabases(url: string): Promise<boolean> {
  return withDirectClient(url, async (client) => {
    const { rows } = await client.query<{ may: boolean }>(
      'select rolcreatedb or rolsuper as may from pg_roles where rolname = current_user',
    )
    return rows[0]?.may === true
  })
}
