// Tells the database who acts and sends the statement, in one message and one transaction: no round trip more.
import pg from 'pg'
import { actorSetting } from './actor.ts'

const setActor = `select set_config('${actorSetting}', $1, true)`

/** Sends `text` with the actor set for it alone. Both are one implicit transaction, so behind a pooler too. */
export async function sendWithActor(
  client: pg.ClientBase,
  actor: string,
  statement: { readonly text: string; readonly values: readonly unknown[]; readonly name?: string | undefined },
): Promise<pg.QueryResult> {
  if (statement.values.length === 0 && statement.name === undefined) return sendSimple(client, actor, statement.text)
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: pg.QueryResult) => (error === null ? resolve(result) : reject(error))
    client.query(makeQuery(actor, statement, done))
  })
}

// Without parameters the text may be several statements, which only the simple protocol takes.
async function sendSimple(client: pg.ClientBase, actor: string, text: string): Promise<pg.QueryResult> {
  const prefix = `select set_config('${actorSetting}', ${pg.escapeLiteral(actor)}, true); `
  const answers: unknown = await client.query(prefix + text)
  // The driver answers a message of several statements with a list, which its types leave out.
  const [, ...own] = answers as readonly pg.QueryResult[]
  return (own.length === 1 ? own[0] : own) as pg.QueryResult
}

/** The parts of the driver's connection and query that its types leave out. */
interface Wire {
  parse(message: { readonly text: string; readonly name: string }): void
  bind(message: { readonly portal: string; readonly statement: string; readonly values: readonly string[] }): void
  execute(message: { readonly portal: string; readonly rows: number }): void
}
interface WireQuery extends pg.Submittable {
  prepare(connection: Wire): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: Wire): void
}
type QueryDone = (error: Error | null, result: pg.QueryResult) => void

// The driver's own query, with a statement in front of it before the one Sync; the answer to that one is dropped.
function makeQuery(
  actor: string,
  { text, values, name }: Parameters<typeof sendWithActor>[2],
  done: QueryDone,
): pg.Submittable {
  const Query = pg.Query as unknown as new (config: object, done: QueryDone) => WireQuery // the types know no config with a mode
  const query = new Query({ text, values, queryMode: 'extended', ...(name === undefined ? {} : { name }) }, done)
  const { prepare, handleDataRow, handleCommandComplete } = query
  let actorPending = true
  query.prepare = (connection) => {
    connection.parse({ text: setActor, name: '' })
    connection.bind({ portal: '', statement: '', values: [actor] })
    connection.execute({ portal: '', rows: 0 })
    prepare.call(query, connection)
  }
  query.handleDataRow = (message) => {
    if (!actorPending) handleDataRow.call(query, message)
  }
  query.handleCommandComplete = (message, connection) => {
    if (actorPending) actorPending = false
    else handleCommandComplete.call(query, message, connection)
  }
  return query
}
