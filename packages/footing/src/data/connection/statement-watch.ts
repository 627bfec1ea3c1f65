// Looks after the statements under way: one look every few milliseconds for all of them, instead of a timer for each.
import type { QueryScope } from '../contract/contract.ts'
import { hasLeft } from '../contract/query-scope.ts'

/** A statement that runs. */
export interface WatchedStatement {
  readonly scope: QueryScope
  /** Asks the server to stop it. */
  cancel(reason: 'timeout' | 'aborted'): void
  /** Called when the server did not react to the cancellation. */
  giveUp(): void
  /** When the server was asked, on the watch's own time. */
  cancelledAt: number | undefined
}

/** Milliseconds between two looks: how late a cancellation may be. */
const interval = 10

/** Longest time in milliseconds between asking for a cancellation and giving the connection up. */
const patience = 2_000

/** Looks that find nothing before the watch goes to sleep; waking it costs more than a few looks. */
const idleLooks = 20

/** Watches deadlines and abort signals. A connection pool has one, and at most as many statements as connections. */
export class StatementWatch {
  readonly #statements = new Set<WatchedStatement>()
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  #idle = 0

  /** @param now milliseconds since 1970 on the clock of the deadlines */
  constructor(now: () => number) {
    this.#now = now
  }

  add(statement: WatchedStatement): void {
    this.#statements.add(statement)
    this.#timer ??= setInterval(() => this.#look(), interval).unref()
  }

  remove(statement: WatchedStatement): void {
    this.#statements.delete(statement)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    if (this.#statements.size === 0) {
      this.#idle += 1
      if (this.#idle > idleLooks) this.close()
      return
    }
    this.#idle = 0
    const now = this.#now()
    for (const statement of this.#statements) this.#check(statement, now)
  }

  #check(statement: WatchedStatement, now: number): void {
    const { deadlineAt } = statement.scope
    if (statement.cancelledAt !== undefined) {
      if (performance.now() - statement.cancelledAt > patience) statement.giveUp()
      return
    }
    const late = deadlineAt !== undefined && now >= deadlineAt
    if (!late && !hasLeft(statement.scope)) return
    statement.cancelledAt = performance.now()
    // A signal that aborts because the deadline has passed is the deadline.
    statement.cancel(late ? 'timeout' : 'aborted')
  }
}
