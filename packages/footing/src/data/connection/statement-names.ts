// Names for statements that come again, so that the server parses and plans them once for each connection: on direct
// connections, and behind poolers that keep track of names (PgBouncer 1.21 and newer with max_prepared_statements).
import { randomBytes } from 'node:crypto'
import { isFootingError } from '@footing/kernel'
import type pg from 'pg'
import type { Session } from './session.ts'
import { dropName } from './wire-query.ts'

/** What the names of one pool need. */
export interface StatementNamesOptions {
  /** Most names in one connection; the one used longest ago makes room. 0 switches names off. */
  readonly most: number
  /** Lends a connection of the pool. */
  readonly use: <T>(work: (session: Session) => Promise<T>) => Promise<T>
}

/** A statement with the name under which the connection keeps it. */
export interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly generation: number
}

/** Milliseconds until a question that got no answer is asked again. */
const askAgainMs = 5_000

/** The names of one pool. */
export class StatementNames {
  readonly #options: StatementNamesOptions
  readonly #byConnection = new WeakMap<pg.ClientBase, Map<string, NamedStatement>>()
  #kept: boolean | undefined
  #asked = Number.NEGATIVE_INFINITY
  #made = 0
  #generation = 0

  constructor(options: StatementNamesOptions) {
    this.#options = options
    if (options.most <= 0) this.#kept = false
  }

  /** Whether names are kept between transactions; undefined until that is known. */
  get kept(): boolean | undefined {
    return this.#kept
  }

  /** The name of a statement in this connection; undefined where it is better sent without. Never waits. */
  take(client: pg.ClientBase, text: string): NamedStatement | undefined {
    if (this.#kept !== true) {
      if (this.#kept === undefined) this.#ask()
      return undefined
    }
    const names = this.#byConnection.get(client) ?? new Map<string, NamedStatement>()
    this.#byConnection.set(client, names)
    const known = names.get(text)
    if (known !== undefined) {
      names.delete(text)
      if (known.generation === this.#generation) {
        names.set(text, known)
        return known
      }
      dropName(client, known.name)
    }
    const [oldest] = names
    if (oldest !== undefined && names.size >= this.#options.most) this.#forget(client, names, oldest[0])
    this.#made += 1
    // A pooler that shares prepared statements between its clients goes by their text, so another plan needs another text.
    const own = this.#generation === 0 ? text : `${text} /* ${this.#generation} */`
    const made = { name: `footing_${this.#made}`, text: own, generation: this.#generation }
    names.set(text, made)
    return made
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

  /** A name was not there, or was somebody else's: whatever answered the question, names are not kept here. */
  giveUp(): void {
    this.#kept = false
  }

  #forget(client: pg.ClientBase, names: Map<string, NamedStatement>, text: string): void {
    const known = names.get(text)
    if (known === undefined) return
    names.delete(text)
    dropName(client, known.name)
  }

  #ask(): void {
    if (performance.now() - this.#asked < askAgainMs) return
    this.#asked = performance.now()
    this.#options.use(keepsNames).then(
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

/**
 * Asks what happens to names on the way to the server. A statement asks for its own name there: whoever stands in between
 * and has changed it keeps track of names. An unchanged one is safe on the server itself only, whose process number is the
 * one that this client was told; a pooler tells its own.
 */
async function keepsNames(session: Session): Promise<boolean> {
  const context = { module: 'footing', scope: undefined }
  const name = `footing_probe_${randomBytes(6).toString('hex')}`
  await session.execute('begin', [], context)
  try {
    const text = `select pg_backend_pid() as pid, exists (select from pg_prepared_statements where name = $1) as known`
    const { rows } = await session.execute(text, [name], context, { name })
    const [answer]: { pid?: unknown; known?: unknown }[] = rows
    if (answer?.known !== true) {
      dropName(session.client, name)
      return answer?.known === false
    }
    // footing: allow data/session-state -- takes back the name that the probe itself has made
    await session.execute(`deallocate ${name}`, [], context)
    return answer.pid === Reflect.get(session.client, 'processID')
  } finally {
    await session.execute('rollback', [], context)
  }
}
