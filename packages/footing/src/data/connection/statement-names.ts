// Names for statements that come again, so that the server parses and plans them once for each connection: on direct
// connections, and behind poolers that keep track of names (PgBouncer 1.21 and newer with max_prepared_statements).
// Nobody asks for a name: a text that comes a second time gets one.
import { randomBytes } from 'node:crypto'
import { isFootingError } from '@footing/kernel'
import type pg from 'pg'
import type { Session } from './session.ts'
import { type AnswerShape, dropName } from './wire-query.ts'

/** What the names of one pool need. */
export interface StatementNamesOptions {
  /** Most names in one connection; the one used longest ago makes room. 0 switches names off. */
  readonly most: number
  /** Lends a connection of the pool. */
  readonly use: <T>(work: (session: Session) => Promise<T>) => Promise<T>
  /** Milliseconds that only go forward. */
  readonly elapsed: () => number
}

/** A statement with the name under which the connection keeps it. */
export interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly generation: number
  /** True once the server has answered to it: it has the name. */
  parsed: boolean
  /** What the columns of its answer are, once the server has said it; undefined where a pooler may change servers. */
  readonly shape: AnswerShape | undefined
}

/** Where names are kept: on the server itself, or by a pooler that gives them to whichever server it uses. */
export type NamesKept = 'server' | 'pooler' | 'nowhere'

/** Milliseconds until a question that got no answer, or was answered wrongly, is asked again; doubled each time. */
const askAgainMs = 5_000
const longestAskAgainMs = 600_000

/** Texts that are remembered as seen once, by a number for each; beyond, all are forgotten and may be seen once more. */
const mostSeen = 10_000

/** The names of one pool. */
export class StatementNames {
  readonly #options: StatementNamesOptions
  readonly #byConnection = new WeakMap<pg.ClientBase, Map<string, NamedStatement>>()
  readonly #seen = new Set<number>()
  // Of this pool alone: behind a pooler that nobody noticed, the name of somebody else's statement would answer for ours.
  readonly #prefix = `footing_${randomBytes(6).toString('hex')}_`
  #kept: NamesKept | undefined
  #askAt = Number.NEGATIVE_INFINITY
  #patienceMs = askAgainMs
  #made = 0
  #generation = 0

  constructor(options: StatementNamesOptions) {
    this.#options = options
    if (options.most <= 0) this.#kept = 'nowhere'
  }

  /** Whether names are kept between transactions; undefined until that is known. */
  get kept(): boolean | undefined {
    return this.#kept === undefined ? undefined : this.#kept !== 'nowhere'
  }

  /** The name of a statement in this connection; undefined where it is better sent without. Never waits. */
  take(client: pg.ClientBase, text: string): NamedStatement | undefined {
    if (this.#kept === 'nowhere') return undefined
    const names = this.#byConnection.get(client)
    const known = names?.get(text)
    if (names === undefined || known === undefined) return this.#name(client, names, text)
    // Put at the end: the first one is the one used longest ago.
    names.delete(text)
    if (known.generation === this.#generation) {
      names.set(text, known)
      return known
    }
    dropName(client, known.name)
    return this.#make(client, names, text)
  }

  #name(
    client: pg.ClientBase,
    names: Map<string, NamedStatement> | undefined,
    text: string,
  ): NamedStatement | undefined {
    // One that never comes again would only push out those that do, and cost the server their memory.
    if (!this.#comesAgain(text)) return undefined
    if (this.#kept === undefined) {
      this.#ask()
      return undefined
    }
    if (names !== undefined) return this.#make(client, names, text)
    const first = new Map<string, NamedStatement>()
    this.#byConnection.set(client, first)
    return this.#make(client, first, text)
  }

  #make(client: pg.ClientBase, names: Map<string, NamedStatement>, text: string): NamedStatement {
    const [oldest] = names.size >= this.#options.most ? names : []
    if (oldest !== undefined) this.#forget(client, names, oldest[0])
    this.#made += 1
    // A pooler that shares prepared statements between its clients goes by their text, so another plan needs another text.
    const own = this.#generation === 0 ? text : `${text} /* ${this.#generation} */`
    const made: NamedStatement = {
      name: `${this.#prefix}${this.#made}`,
      text: own,
      generation: this.#generation,
      parsed: false,
      shape: this.#kept === 'server' ? { columns: undefined } : undefined,
    }
    names.set(text, made)
    return made
  }

  #comesAgain(text: string): boolean {
    const number = numberOf(text)
    if (this.#seen.has(number)) return true
    if (this.#seen.size >= mostSeen) this.#seen.clear()
    this.#seen.add(number)
    return false
  }

  /** Takes the name back after an error that leaves open whether the server has it. */
  forget(client: pg.ClientBase, text: string): void {
    const names = this.#byConnection.get(client)
    if (names !== undefined) this.#forget(client, names, text)
  }

  /** The schema has changed under a statement: every statement is prepared anew when it comes again. */
  planChanged(statement: NamedStatement): void {
    // Several connections notice the same change.
    if (statement.generation === this.#generation) this.#generation += 1
  }

  /**
   * A name was not there, or was somebody else's: somebody has emptied the connection, or the address leads to another
   * server or pooler now. Statements go without names until the question has been asked anew, each time later than before.
   */
  lost(client: pg.ClientBase): void {
    this.#byConnection.delete(client)
    if (this.#kept === undefined || this.#kept === 'nowhere') return
    this.#kept = undefined
    this.#askAt = this.#options.elapsed() + this.#patienceMs
    this.#patienceMs = Math.min(2 * this.#patienceMs, longestAskAgainMs)
  }

  #forget(client: pg.ClientBase, names: Map<string, NamedStatement>, text: string): void {
    const known = names.get(text)
    if (known === undefined) return
    names.delete(text)
    dropName(client, known.name)
  }

  #ask(): void {
    const now = this.#options.elapsed()
    if (now < this.#askAt) return
    this.#askAt = now + askAgainMs
    this.#options.use(whereNamesAreKept).then(
      (kept) => {
        this.#kept ??= kept
      },
      (error: unknown) => {
        // Without an answer statements go without names, as before; the next one asks again.
        if (!isFootingError(error)) throw error
      },
    )
  }
}

/** FNV-1a, 32 bits: two texts with the same number are rare, and only get their names one call too early. */
function numberOf(text: string): number {
  let number = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) number = Math.imul(number ^ text.charCodeAt(at), 0x01000193)
  return number
}

/**
 * Asks what happens to names on the way to the server. A statement asks for its own name there: whoever stands in between
 * and has changed it keeps track of names. An unchanged one is safe on the server itself only, whose process number is the
 * one that this client was told; a pooler tells its own.
 */
async function whereNamesAreKept(session: Session): Promise<NamesKept> {
  const context = { module: 'footing', scope: undefined }
  const name = `footing_probe_${randomBytes(6).toString('hex')}`
  await session.execute('begin', [], context)
  try {
    const text = `select pg_backend_pid() as pid, exists (select from pg_prepared_statements where name = $1) as known`
    const { rows } = await session.execute(text, [name], context, { name })
    const [answer]: { pid?: unknown; known?: unknown }[] = rows
    if (answer?.known !== true) {
      dropName(session.client, name)
      return answer?.known === false ? 'pooler' : 'nowhere'
    }
    // footing: allow data/session-state -- takes back the name that the probe itself has made
    await session.execute(`deallocate ${name}`, [], context)
    return answer.pid === Reflect.get(session.client, 'processID') ? 'server' : 'nowhere'
  } finally {
    await session.execute('rollback', [], context)
  }
}
