// Events that wait to be stored: bounded in number and bytes, gathered into batches of one event type.
import { randomUUID } from 'node:crypto'
import type { Batch, EventRow, EventType } from './contract/contract.ts'

/** How much may wait, and when a batch is full. */
export interface BufferLimits {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly batchEvents: number
}

/** A batch on its way. Its token was made once, so each attempt is the same batch to the store. */
export interface PendingBatch extends Batch {
  readonly bytes: number
  /** When its first event came, in milliseconds since 1970. */
  readonly bornAt: number
  attempts: number
  /** Not tried again before this time. */
  notBefore: number
  /** Resolves when it is out of the buffer: true when it was stored. */
  readonly outcome: Promise<boolean>
  readonly settle: (stored: boolean) => void
}

interface OpenBatch {
  readonly event: EventType
  readonly rows: EventRow[]
  readonly bornAt: number
  bytes: number
}

/** The buffer. It knows no time and no store. */
export class EventBuffer {
  readonly #limits: BufferLimits
  readonly #open = new Map<string, OpenBatch>()
  readonly #sealed = new Set<PendingBatch>()
  #waiting = 0
  #bytes = 0

  constructor(limits: BufferLimits) {
    this.#limits = limits
  }

  /** Events that were added and are in no settled batch. */
  get waiting(): number {
    return this.#waiting
  }

  get batches(): ReadonlySet<PendingBatch> {
    return this.#sealed
  }

  get hasOpen(): boolean {
    return this.#open.size > 0
  }

  hasRoom(bytes: number): boolean {
    // One event always has room, however small the limit of bytes.
    return (
      this.#waiting === 0 || (this.#waiting < this.#limits.maxEvents && this.#bytes + bytes <= this.#limits.maxBytes)
    )
  }

  /** Adds an event; true when that made a batch full. */
  add(event: EventType, row: EventRow, bytes: number, now: number): boolean {
    const open = this.#open.get(event.name) ?? { event, rows: [], bornAt: now, bytes: 0 }
    this.#open.set(event.name, open)
    open.rows.push(row)
    open.bytes += bytes
    this.#waiting += 1
    this.#bytes += bytes
    // A quarter: while one batch is under way, others can fill.
    const full = open.rows.length >= this.#limits.batchEvents || open.bytes >= this.#limits.maxBytes / 4
    if (full) this.#seal(open)
    return full
  }

  /** Ends the batches that are not full. */
  seal(): void {
    for (const open of this.#open.values()) this.#seal(open)
  }

  /** The batch to be tried at this time, the oldest first. */
  due(now: number): PendingBatch | undefined {
    for (const batch of this.#sealed) if (batch.notBefore <= now) return batch
    return undefined
  }

  /** When the next batch is due; undefined when there is none. */
  nextDue(): number | undefined {
    let next: number | undefined
    for (const { notBefore } of this.#sealed) next = Math.min(next ?? notBefore, notBefore)
    return next
  }

  /** Takes a batch out, stored or given up. Once: a second time changes nothing. */
  remove(batch: PendingBatch, stored: boolean): void {
    if (!this.#sealed.delete(batch)) return
    this.#waiting -= batch.rows.length
    this.#bytes -= batch.bytes
    batch.settle(stored)
  }

  #seal({ event, rows, bytes, bornAt }: OpenBatch): void {
    this.#open.delete(event.name)
    const { promise: outcome, resolve: settle } = Promise.withResolvers<boolean>()
    this.#sealed.add({ token: randomUUID(), event, rows, bytes, bornAt, attempts: 0, notBefore: 0, outcome, settle })
  }
}
