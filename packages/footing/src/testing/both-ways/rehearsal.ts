// Disturbs the calls of a test run between two processes and notes what they show about the boundary.
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import { type RequestRecord, requestChannel } from '../../http/mount-route.ts'
import { type CallRecord, callChannel } from '../../module/port-call.ts'
import type { CallDisturbance, CallEnd, Disturbance, DisturbedCall } from '../../placement/disturbance.ts'
import type { RehearsalNotes, RehearsalPlan, RouteNotes } from './rehearsal-notes.ts'
import { findSharedReference } from './shared-reference.ts'

interface OperationTally {
  idempotent: boolean
  calls: number
  totalMs: number
  slowestMs: number
  readonly codes: Record<string, number>
  readonly secondFailed: Record<string, number>
  seconds: number
  secondDiffered: number
  repeatedByCaller: number
  shared: string | null
}

/** As in a deployment: while the database is away the new process does not come up, the old one stays, and it is tried again. */
const willPass = (error: unknown): boolean =>
  isFootingError(error) && isFootingError(error.cause) && error.cause.retryable

/** Codes that speak of the boundary itself. */
const boundaryFaults = new Set(['transaction-across-port', 'not-portable', 'database-elsewhere', 'setting-elsewhere'])

/** One rehearsal of one application. */
export class Rehearsal implements CallDisturbance {
  readonly #plan: RehearsalPlan
  readonly #operations = new Map<string, OperationTally>()
  readonly #requests = new Map<string, { route: string; operations: Map<string, number> }>()
  readonly #doubtful = new Set<string>()
  readonly #faults: Record<string, { count: number; place: string }> = {}
  readonly #disturbed = { duplicates: 0, lost: 0, restarts: 0 }
  /** For each call: its place in their order, and whether none other was under way when it began. */
  readonly #begun = new WeakMap<DisturbedCall, { readonly number: number; readonly alone: boolean }>()
  #started = 0
  #underWay = 0
  #sent = 0
  #idempotent = 0
  #fragile = 0
  #extra = 0
  #prepare: (() => Promise<() => void>) | undefined
  #replace: (() => void) | undefined
  #preparing: Promise<void> | undefined
  #switching: Promise<void> | undefined
  readonly #noteCall = (message: unknown) => {
    const { module, operation, code } = message as CallRecord // what this channel carries
    this.#fault(code, `${module}.${operation}`)
  }
  readonly #noteRequest = (message: unknown) => {
    const { method, route, code } = message as RequestRecord // what this channel carries
    if (code !== undefined && !/^(transaction|not-portable)/.test(code)) this.#fault(code, `${method} ${route ?? ''}`)
  }

  constructor(plan: RehearsalPlan) {
    this.#plan = plan
    subscribe(callChannel.name, this.#noteCall)
    subscribe(requestChannel.name, this.#noteRequest)
  }

  /**
   * Names how the process of the module is replaced, once. `prepare` starts the new one; the function that it gives
   * switches over, in a moment when no call is under way that must not break.
   */
  restartBy(prepare: () => Promise<() => void>): void {
    this.#prepare = prepare
  }

  async plan(call: DisturbedCall, attempt: number): Promise<Disturbance> {
    const { duplicateEvery, loseEvery, loseAll, restartAfter } = this.#plan
    this.#sent++
    if (!this.#begun.has(call)) {
      this.#begun.set(call, { number: ++this.#started, alone: this.#underWay === 0 })
      this.#underWay++
    }
    if (restartAfter > 0 && this.#sent > restartAfter) this.#restart()
    if (!call.idempotent) this.#fragile++
    await this.#switching
    // What is repeated is let through: a rehearsal shows that one failure does not matter, not that three do.
    if (attempt > 1) return 'none'
    if (call.idempotent) this.#idempotent++
    const position = call.idempotent ? this.#idempotent : this.#sent
    if (loseEvery > 0 && position % loseEvery === 0 && (call.idempotent || loseAll)) {
      this.#disturbed.lost++
      return 'lost-answer'
    }
    if (call.idempotent && duplicateEvery > 0 && position % duplicateEvery === 1 % duplicateEvery) {
      this.#disturbed.duplicates++
      return 'twice'
    }
    return 'none'
  }

  extra(): () => void {
    this.#extra++
    return () => {
      this.#extra--
    }
  }

  /** True while something arrives that only the rehearsal causes: its statements are not the application's. */
  get disturbing(): boolean {
    return this.#extra > 0
  }

  twice(call: DisturbedCall, first: CallEnd, second: CallEnd): void {
    const tally = this.#tallyOf(call)
    tally.seconds++
    // Beside other calls a second arrival may fail because of what they did.
    const begun = this.#begun.get(call)
    const alone = begun?.alone === true && begun.number === this.#started
    const failed = 'code' in second && !('code' in first && first.code === second.code)
    if (failed && alone) add(tally.secondFailed, second.code)
    else if (JSON.stringify(first) !== JSON.stringify(second)) tally.secondDiffered++
  }

  ended(call: DisturbedCall, end: CallEnd, ms: number): void {
    const tally = this.#tallyOf(call)
    if (this.#begun.has(call)) this.#underWay--
    if (!call.idempotent) this.#fragile--
    tally.calls++
    tally.totalMs += ms
    tally.slowestMs = Math.max(tally.slowestMs, ms)
    if ('code' in end) add(tally.codes, end.code)
    tally.shared ??= findSharedReference(call.input) ?? null
    this.#countRequest(call)
    if (call.idempotent) return
    const key = JSON.stringify([call.requestId, call.module, call.operation, call.input])
    if (this.#doubtful.has(key)) tally.repeatedByCaller++
    if ('code' in end && end.code === 'call-interrupted') this.#doubtful.add(key)
  }

  /** Ends it and writes what it saw. */
  async close(): Promise<void> {
    this.#prepare = undefined
    await this.#preparing
    unsubscribe(callChannel.name, this.#noteCall)
    unsubscribe(requestChannel.name, this.#noteRequest)
    if (this.#sent === 0 && Object.keys(this.#faults).length === 0) return
    mkdirSync(this.#plan.notes, { recursive: true })
    writeFileSync(join(this.#plan.notes, `${randomUUID()}.json`), JSON.stringify(this.notes()))
  }

  notes(): RehearsalNotes {
    return {
      calls: Object.fromEntries(this.#operations),
      routes: this.#routes(),
      disturbed: this.#disturbed,
      faults: this.#faults,
    }
  }

  #restart(): void {
    const prepare = this.#prepare
    this.#prepare = undefined
    this.#preparing ??= prepare?.().then(
      (replace) => {
        this.#replace = replace
      },
      (error: unknown) => {
        if (!willPass(error)) throw error
        this.#preparing = undefined
        this.#prepare = prepare
      },
    )
    // A process that cannot start again is told when the rehearsal ends.
    this.#preparing?.catch(() => undefined)
    if (this.#replace === undefined || this.#fragile > 0) return
    this.#replace()
    this.#replace = undefined
    // Until the pool has heard that its idle connections are gone: that race is a matter of crashes, not of restarts.
    this.#switching = new Promise((resolve) => setTimeout(resolve, 50))
    this.#disturbed.restarts++
  }

  #fault(code: string | undefined, place: string): void {
    if (code === undefined || !boundaryFaults.has(code)) return
    this.#faults[code] = { count: (this.#faults[code]?.count ?? 0) + 1, place }
  }

  #tallyOf({ module, operation, idempotent }: DisturbedCall): OperationTally {
    const label = `${module}.${operation}`
    const known = this.#operations.get(label)
    if (known) return known
    const fresh: OperationTally = {
      idempotent,
      calls: 0,
      totalMs: 0,
      slowestMs: 0,
      seconds: 0,
      codes: {},
      secondFailed: {},
      secondDiffered: 0,
      repeatedByCaller: 0,
      shared: null,
    }
    this.#operations.set(label, fresh)
    return fresh
  }

  #countRequest({ requestId, route, module, operation }: DisturbedCall): void {
    // What a test calls itself belongs to no request that a user makes.
    if (route === undefined) return
    const request = this.#requests.get(requestId) ?? { route, operations: new Map<string, number>() }
    const label = `${module}.${operation}`
    request.operations.set(label, (request.operations.get(label) ?? 0) + 1)
    this.#requests.set(requestId, request)
  }

  #routes(): readonly RouteNotes[] {
    const routes = new Map<string, { -readonly [Key in keyof RouteNotes]: RouteNotes[Key] }>()
    for (const { route, operations } of this.#requests.values()) {
      const known = routes.get(route) ?? { route, requests: 0, calls: 0, most: 0, mostOfOne: 0, operation: '' }
      const calls = [...operations.values()].reduce((sum, count) => sum + count, 0)
      known.requests++
      known.calls += calls
      known.most = Math.max(known.most, calls)
      for (const [operation, count] of operations) {
        if (count > known.mostOfOne) Object.assign(known, { mostOfOne: count, operation })
      }
      routes.set(route, known)
    }
    return [...routes.values()]
  }
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}
