// Runs one piece of work until it ends, its deadline passes or its caller withdraws, whichever comes first.
import type { Clock } from '@footing/kernel'
import { type CallContext, runInContext } from './call-context.ts'
import type { Context } from './context.ts'
import type { DeadlineWheel } from './deadline-wheel.ts'
import { workErrors } from './errors.ts'

/** What all calls of a process share. */
export interface CallEnvironment {
  readonly clock: Clock
  readonly wheel: DeadlineWheel
  /** True in development and tests: freeze, check portability and answers. */
  readonly checked: boolean
}

/** Told once how the work ended, before its promise settles. */
export type Settle = (context: CallContext, error: unknown, failed: boolean) => void

/**
 * Runs `work` in `context` and answers with what it returns, or with the reason why the context ended before it.
 * The work itself goes on until it notices `context.signal`; what it still returns or throws is dropped.
 */
export function runWork<Input, T>(
  environment: CallEnvironment,
  context: CallContext,
  work: (input: Input, context: Context) => Promise<T>,
  input: Input,
  onSettle?: Settle,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const succeed = (value: T) => {
      onSettle?.(context, undefined, false)
      resolve(value)
    }
    const fail = (error: unknown) => {
      onSettle?.(context, error, true)
      reject(error)
    }
    beginWork(environment, context, work, input, succeed, fail)
  })
}

/** Told how a piece of work has ended, before whoever waits for it; what it returns of a failure is what they get. */
export interface Told {
  settled(context: CallContext, failed: boolean, error: unknown): unknown
}

/** The same as `runWork` for whoever takes the result by a function: exactly one of the two is called, once. */
export function beginWork<Input, T>(
  environment: CallEnvironment,
  context: CallContext,
  work: (input: Input, context: Context) => Promise<T>,
  input: Input,
  onValue: (value: T) => void,
  onError: (error: unknown) => void,
  told?: Told,
): void {
  const { wheel } = environment
  const succeed = (value: T) => {
    if (!end(context, wheel)) return
    told?.settled(context, false, undefined)
    onValue(value)
  }
  const fail = (error: unknown) => {
    if (end(context, wheel)) onError(told === undefined ? error : told.settled(context, true, error))
  }
  context.onEnd = fail
  context.onExpire ??= deadlineError
  wheel.add(context)
  try {
    runInContext(context, hear, work, input, context, succeed, fail)
  } catch (error) {
    fail(error)
  }
}

/** The end is heard in the context of the work too: what holds the loop until then is told as the work's own. */
function hear<Input, T>(
  work: (input: Input, context: Context) => Promise<T>,
  input: Input,
  context: Context,
  succeed: (value: T) => void,
  fail: (error: unknown) => void,
): void {
  const result = work(input, context)
  // A function without types may answer at once.
  if (result instanceof Promise) result.then(succeed, fail)
  else Promise.resolve(result).then(succeed, fail)
}

/** Lets go of the context; false when somebody has done it before. */
function end(context: CallContext, wheel: DeadlineWheel): boolean {
  if (context.onEnd === undefined) return false
  context.onEnd = undefined
  wheel.remove(context)
  context.leave()
  return true
}

/** The reason of a context whose deadline has passed. */
export function deadlineError(context: CallContext): Error {
  return workErrors('deadline-exceeded', {
    details: { operation: nameOf(context), ms: Math.round(context.allowedMs) },
  })
}

/** The reason of a context that its caller withdrew. */
export function cancelledError(context: CallContext, cause?: unknown): Error {
  return workErrors('cancelled', { details: { operation: nameOf(context) }, cause })
}

function nameOf(context: CallContext): string {
  if (context.operation === undefined) return 'The work'
  return context.module === undefined || context.operation.includes(' ')
    ? context.operation
    : `${context.module}.${context.operation}`
}
