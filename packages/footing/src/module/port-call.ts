// The call between modules: typed by the manifest, one context, one histogram, no timer of its own.
import { channel } from 'node:diagnostics_channel'
import { isFootingError } from '@footing/kernel'
import { CallContext, currentContext, newOrigin } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'
import { milliseconds } from '../work/duration.ts'
import { LatencyHistogram } from '../work/latency-histogram.ts'
import { beginWork, type CallEnvironment, cancelledError, deadlineError, type Told } from '../work/run-work.ts'
import { checkOutput, coded, sealOutput, sealPortable, valueOrThrow } from './checked-value.ts'
import type { CallOptions } from './define-module.ts'
import { moduleErrors } from './errors.ts'
import type { Operation } from './operation.ts'
import type { OperationStats } from './operation-stats.ts'
import { validate } from './schema.ts'

/** Published on `footing:call` when a call between modules has ended. */
export interface CallRecord {
  readonly module: string
  readonly operation: string
  /** Module that called; undefined from outside of any. */
  readonly caller: string | undefined
  readonly durationMs: number
  /** Code of the error that it ended with. */
  readonly code: string | undefined
  readonly context: Context
  readonly requestId: string
}

/** Where finished calls are published. */
export const callChannel = channel('footing:call')

/** Answers an operation: the module's own function, or one that sends the call to another process. */
export type Answer = (input: unknown, context: Context, caller?: string) => Promise<unknown>

/** One operation at run time: who answers it and what it has done. */
export class OperationTarget {
  readonly module: string
  readonly name: string
  /** `module.operation`. */
  readonly label: string
  readonly operation: Operation
  readonly environment: CallEnvironment
  /** Set when the module has been made; a call before that is refused. */
  answer: Answer | undefined = undefined
  /** True when another process answers: it is sent the input as it was given, and parses it itself. */
  placed = false
  readonly histogram = new LatencyHistogram()
  readonly callers = new Map<string, { calls: number }>()
  errors = 0
  running = 0

  constructor(module: string, name: string, operation: Operation, environment: CallEnvironment) {
    this.module = module
    this.name = name
    this.label = `${module}.${name}`
    this.operation = operation
    this.environment = environment
  }

  /** What it has done since the start. */
  stats(): OperationStats {
    const { histogram } = this
    return {
      module: this.module,
      operation: this.name,
      calls: histogram.count,
      errors: this.errors,
      running: this.running,
      p50: histogram.quantile(0.5),
      p95: histogram.quantile(0.95),
      p99: histogram.quantile(0.99),
      totalMs: histogram.totalMs,
      callers: Object.fromEntries([...this.callers].map(([caller, edge]) => [caller, edge.calls])),
    }
  }
}

/**
 * Makes the function that `caller` uses to call `target`. With `sealed` the result is checked in production too: it
 * leaves the process.
 */
export function bindCall(
  target: OperationTarget,
  caller: string | undefined,
  sealed = false,
): (input?: unknown, options?: CallOptions) => Promise<unknown> {
  const { environment, operation, module, name } = target
  const { clock } = environment
  const edge = target.callers.get(caller ?? '-') ?? { calls: 0 }
  target.callers.set(caller ?? '-', edge)
  const binding = new Binding(target, caller)
  const work = (input: unknown, context: Context) => perform(target, input, context, caller, sealed)

  return (input, options) => {
    edge.calls++
    const parent = currentContext()
    const started = clock.monotonic()
    let deadline = started + operation.deadlineMs
    if (options?.deadline !== undefined) deadline = Math.min(deadline, started + milliseconds(options.deadline))
    if (parent !== undefined && parent.deadline < deadline) deadline = parent.deadline
    const origin = parent === undefined ? newOrigin() : parent.origin
    const context = new CallContext(clock, parent, origin, module, name, started, deadline)
    target.running++
    const ended = parent?.reason ?? (deadline <= started ? deadlineError(context) : undefined)
    const signal = options?.signal
    if (ended !== undefined || signal?.aborted) {
      const reason = ended ?? cancelledError(context, signal?.reason)
      context.leave()
      return Promise.reject(binding.settled(context, true, reason))
    }
    const stopListening = signal === undefined ? undefined : withdrawBy(signal, context)
    const answered = new Promise<unknown>((resolve, reject) =>
      beginWork(environment, context, work, input, resolve, reject, binding),
    )
    return stopListening === undefined ? answered : answered.finally(stopListening)
  }
}

/** The calls of one operation by one caller. */
class Binding implements Told {
  readonly #target: OperationTarget
  readonly #caller: string | undefined

  constructor(target: OperationTarget, caller: string | undefined) {
    this.#target = target
    this.#caller = caller
  }

  settled(context: CallContext, failed: boolean, error: unknown): Error | undefined {
    // Whatever was thrown comes out coded, as it would from another process.
    const reason = failed ? coded(error, this.#target.label) : undefined
    settle(this.#target, this.#caller, context, reason)
    return reason
  }
}

function withdrawBy(signal: AbortSignal, context: CallContext): () => void {
  const withdraw = () => context.end(cancelledError(context, signal.reason))
  signal.addEventListener('abort', withdraw, { once: true })
  return () => signal.removeEventListener('abort', withdraw)
}

function settle(
  target: OperationTarget,
  caller: string | undefined,
  context: CallContext,
  error: Error | undefined,
): void {
  const durationMs = target.environment.clock.monotonic() - context.startedAt
  target.histogram.record(durationMs)
  target.running--
  if (error !== undefined) target.errors++
  if (callChannel.hasSubscribers) publish(target, caller, context, durationMs, error)
}

function perform(
  target: OperationTarget,
  input: unknown,
  context: Context,
  caller: string | undefined,
  sealed: boolean,
): Promise<unknown> {
  const { operation, label, environment } = target
  if (environment.checked) return performChecked(target, input, context, caller)
  const answer = answerOf(target)
  const schema = operation.in
  const run = sealed ? answerSealed : answerPlain
  if (schema === undefined) return run(answer, undefined, context, target, caller)
  const validation = validate(schema, input)
  if (validation instanceof Promise) {
    return validation.then((found) => {
      const value = valueOrThrow(found, label, 'invalid-input')
      return run(answer, target.placed ? input : value, context, target, caller)
    })
  }
  const value = valueOrThrow(validation, label, 'invalid-input')
  return run(answer, target.placed ? input : value, context, target, caller)
}

function answerPlain(
  answer: Answer,
  input: unknown,
  context: Context,
  _target: OperationTarget,
  caller: string | undefined,
): Promise<unknown> {
  return answer(input, context, caller)
}

async function answerSealed(
  answer: Answer,
  input: unknown,
  context: Context,
  target: OperationTarget,
  caller: string | undefined,
): Promise<unknown> {
  return checkOutput(target.operation.out, await answer(input, context, caller), target.label)
}

async function performChecked(
  target: OperationTarget,
  input: unknown,
  context: Context,
  caller: string | undefined,
): Promise<unknown> {
  const { operation, label } = target
  const answer = answerOf(target)
  const schema = operation.in
  let accepted: unknown
  if (schema !== undefined) {
    sealPortable(input, label, 'input')
    accepted = valueOrThrow(await validate(schema, input), label, 'invalid-input')
    sealPortable(accepted, label, 'input')
  }
  const sent = target.placed && schema !== undefined ? input : accepted
  return sealOutput(operation.out, await answer(sent, context, caller), label)
}

function answerOf(target: OperationTarget): Answer {
  if (target.answer === undefined) throw moduleErrors('module-not-started', { details: { operation: target.label } })
  return target.answer
}

function publish(
  target: OperationTarget,
  caller: string | undefined,
  context: Context,
  durationMs: number,
  error: unknown,
): void {
  const record: CallRecord = {
    module: target.module,
    operation: target.name,
    caller,
    durationMs,
    code: isFootingError(error) ? error.code : error === undefined ? undefined : 'operation-failed',
    context,
    requestId: context.requestId,
  }
  callChannel.publish(record)
}
