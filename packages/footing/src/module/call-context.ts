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

const storage = new AsyncLocalStorage<CallContext>()

/** The context of the work under way; undefined outside of any. */
export function currentContext(): CallContext | undefined {
  return storage.getStore()
}

/** Runs `work` with `context` as the current one, for everything it awaits too. */
export function runInContext<Input, T>(
  context: CallContext,
  work: (input: Input, context: Context) => T,
  input: Input,
): T {
  if (sectionWatch === undefined) return storage.run(context, work, input, context)
  return runWatched(sectionWatch, context, work, input)
}

/** Whoever watches the event loop: told where work begins and ends. */
export interface SectionWatch {
  /** A stretch of work begins; true when the loop is suspected to stand still already. */
  enter(context: CallContext): boolean
  /** It ends, or waits for the first time; `suspected` is what `enter` said. */
  exit(context: CallContext, suspected: boolean): void
  /** The whole work has ended. */
  ended(context: CallContext): void
}

let sectionWatch: SectionWatch | undefined

/** Sets the one watch of the process, or takes it off. */
export function watchSections(watch: SectionWatch | undefined): void {
  sectionWatch = watch
}

function runWatched<Input, T>(
  watch: SectionWatch,
  context: CallContext,
  work: (input: Input, context: Context) => T,
  input: Input,
): T {
  const suspected = watch.enter(context)
  try {
    return storage.run(context, work, input, context)
  } finally {
    watch.exit(context, suspected)
  }
}

/** One piece of work: a request, a job, or one call between modules below them. */
export class CallContext implements Context, WheelEntry {
  readonly origin: Origin
  readonly module: string | undefined
  readonly operation: string | undefined
  readonly deadline: number
  /** Milliseconds that it had at its start. */
  readonly allowedMs: number
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
    this.allowedMs = deadline - now
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
    sectionWatch?.ended(this)
    const parent = this.#parent
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
