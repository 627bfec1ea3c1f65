// The client's own account of what it asked for and what it was told: appended to a file before and after each request.
import { appendFileSync } from 'node:fs'
import type { Answer, Operation, SentOperation } from '../judge/history.ts'

/** The ledger. Nothing in it is changed or dropped: an answer that never came stays unknown. */
export class ClientLedger {
  readonly #file: string
  readonly #sent = new Map<string, SentOperation>()

  /** `file` is outside of the system under test. */
  constructor(file: string) {
    this.#file = file
  }

  /** Before the request leaves. */
  intend(operation: Operation, at: number): void {
    this.#sent.set(operation.id, { ...operation, sentAt: at, answer: 'unknown', answeredAt: at, fault: undefined })
    this.#append({ intent: operation, at })
  }

  /** When the answer has come, or will not. */
  settle(id: string, answer: Answer, at: number, fault?: string): void {
    const sent = this.#sent.get(id)
    if (sent === undefined) throw new TypeError(`${id} was never intended`)
    this.#sent.set(id, { ...sent, answer, answeredAt: at, fault })
    this.#append({ id, answer, at, ...(fault === undefined ? {} : { fault }) })
  }

  /** Everything that was asked for. */
  get operations(): readonly SentOperation[] {
    return [...this.#sent.values()]
  }

  #append(line: object): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`)
  }
}
