// The context at run time: ids and signals are made only when asked for, cancellation runs down a tree of calls.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '@footing/kernel'
import type { Context, User } from './context.ts'
import type { WheelEntry } from './deadline-wheel.ts'
import { randomHex } from './trace-ids.ts'

/** What all contexts of one request share. */
export interface Origin {
  requestId: string | undefined
  traceId: string | undefined
  user: User | undefined
  /** Where the session's last own write stands in the database's log; see `QueryScope.writes`. */
  writes: { position: string | undefined } | undefined
  /** `METHOD /path` of the request that began it. */
  route: string | undefined
}

/** Facts of a request that begins here. */
export function newOrigin(): Origin {
  return { requestId: undefined, traceId: undefined, user: undefined, writes: undefined, route: undefined }
}

const storage = new AsyncLocalStorage<CallContext>()

/** The context of the work under way; undefined outside of any. */
export function currentContext(): CallContext | undefined {
  return storage.getStore()
}

/** Runs `work` with `context` as the current one, for everything it awaits too. */
export function runInContext<Given extends readonly unknown[], T>(
  context: CallContext,
  work: (...given: Given) => T,
  ...given: Given
): T {
  const watch = sectionWatch
  if (watch === undefined) return storage.run(context, work, ...given)
  const { load } = watch
  load.begun++
  if (context.isRoot) load.open++
  if (!load.awake) load.wake()
  if (isSuspected(watch)) {
    watch.entered(context)
    return storage.run(context, work, ...given)
  }
  // Without try and finally: a section that throws at once is told by its end.
  const result = storage.run(context, work, ...given)
  if (isSuspected(watch)) watch.left(context)
  return result
}

/** What contexts count for the beat: plain numbers, because each request changes them. */
export interface SectionLoad {
  /** Pieces of work that have begun. */
  begun: number
  /** Requests and jobs that are under way. */
  open: number
  /** False while the beat rests; whoever begins work then calls `wake`. */
  readonly awake: boolean
  wake(): void
}

/** Whoever watches the event loop. While nothing is suspected a piece of work costs two plain reads and a count. */
export interface SectionWatch {
  readonly load: SectionLoad
  /** Its one number is other than 0 while the loop is suspected to stand still; another thread sets it. */
  readonly suspicion: Int32Array
  /** Asked instead where no other thread looks; undefined otherwise. */
  overdue: (() => boolean) | undefined
  /** A stretch of work begins under the suspicion. */
  entered(context: CallContext): void
  /** One that began before the suspicion ends, or waits for the first time. */
  left(context: CallContext): void
  /** The whole work has ended under the suspicion. */
  ended(context: CallContext): void
}

let sectionWatch: SectionWatch | undefined

/** Sets the one watch of the process, or takes it off. */
export function watchSections(watch: SectionWatch | undefined): void {
  sectionWatch = watch
}

function isSuspected({ suspicion, overdue }: SectionWatch): boolean {
  return suspicion[0] !== 0 || overdue?.() === true
}

/** One piece of work: a request, a job, or one call between modules below them. */
export class CallContext implements Context, WheelEntry {
  readonly origin: Origin
  readonly module: string | undefined
  readonly operation: string | undefined
  readonly deadline: number
  /** On the clock's monotonic scale, in milliseconds. */
  readonly startedAt: number
  /** Called once with the reason when it is cancelled or its deadline passes. */
  onEnd: ((reason: Error) => void) | undefined = undefined
  /** Makes the reason of an expired deadline. */
  onExpire: ((context: CallContext) => Error) | undefined = undefined
  nextInSlot: WheelEntry | undefined = undefined
  previousInSlot: WheelEntry | undefined = undefined
  slot = -1
  readonly #clock: Clock
  readonly #parent: CallContext | undefined
  #firstChild: CallContext | undefined = undefined
  #nextSibling: CallContext | undefined = undefined
  #previousSibling: CallContext | undefined = undefined
  #controller: AbortController | undefined = undefined
  #reason: Error | undefined = undefined
  #spanId: string | undefined = undefined

  constructor(
    clock: Clock,
    parent: CallContext | undefined,
    origin: Origin,
    module: string | undefined,
    operation: string | undefined,
    now: number,
    deadline: number,
  ) {
    this.#clock = clock
    this.#parent = parent
    this.origin = origin
    this.module = module
    this.operation = operation
    this.deadline = deadline
    this.startedAt = now
    if (parent !== undefined) {
      const first = parent.#firstChild
      this.#nextSibling = first
      if (first !== undefined) first.#previousSibling = this
      parent.#firstChild = this
    }
  }

  get requestId(): string {
    this.origin.requestId ??= randomHex(16)
    return this.origin.requestId
  }

  get traceId(): string {
    this.origin.traceId ??= randomHex(16)
    return this.origin.traceId
  }

  get spanId(): string {
    this.#spanId ??= randomHex(8)
    return this.#spanId
  }

  get user(): User | undefined {
    return this.origin.user
  }

  get deadlineAt(): number | undefined {
    if (this.deadline === Number.POSITIVE_INFINITY) return undefined
    return this.#clock.now() + (this.deadline - this.#clock.monotonic())
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Milliseconds that it had at its start. */
  get allowedMs(): number {
    return this.deadline - this.startedAt
  }

  /** True for a request or a job, false for a call below one. */
  get isRoot(): boolean {
    return this.#parent === undefined
  }

  /** Why it ended early; undefined while it may go on. */
  get reason(): Error | undefined {
    return this.#reason
  }

  remainingMs(): number {
    return Math.max(0, this.deadline - this.#clock.monotonic())
  }

  /** Ends it and everything below it; the first reason stays. */
  end(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    for (let child = this.#firstChild; child !== undefined; ) {
      const next: CallContext | undefined = child.#nextSibling // read first: an ending child leaves the list
      child.end(reason)
      child = next
    }
    this.#controller?.abort(reason)
    this.onEnd?.(reason)
  }

  expire(): void {
    this.end(this.onExpire?.(this) ?? new Error('The deadline has passed.'))
  }

  /** Takes it out of its parent's list, so that a long request does not keep its finished calls. */
  leave(): void {
    const parent = this.#parent
    const watch = sectionWatch
    if (watch !== undefined) {
      if (parent === undefined && watch.load.open > 0) watch.load.open--
      if (isSuspected(watch)) watch.ended(this)
    }
    if (parent === undefined) return
    const next = this.#nextSibling
    const previous = this.#previousSibling
    if (previous !== undefined) previous.#nextSibling = next
    else if (parent.#firstChild === this) parent.#firstChild = next
    if (next !== undefined) next.#previousSibling = previous
    this.#nextSibling = undefined
    this.#previousSibling = undefined
  }
}
