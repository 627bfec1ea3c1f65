// A module in another process, as the one that calls it sees it: the same operations, over HTTP.
import { type Clock, isFootingError } from '@footing/kernel'
import type { Answer, OperationTarget } from '../module/port-call.ts'
import type { Context } from '../work/context.ts'
import { CircuitBreaker, type Leave, type Outcome } from './circuit-breaker.ts'
import { type Connection, ConnectionFault, OversizedAnswer, openConnection, type RawAnswer } from './connection.ts'
import type { CallDisturbance, CallEnd } from './disturbance.ts'
import { placementErrors } from './errors.ts'
import type { ModuleKeys } from './module-keys.ts'
import { OutgoingCall } from './outgoing-call.ts'
import { isRefusal, readAnswer, refusedError } from './read-answer.ts'
import { mostAttempts, pauseBefore, RetryBudget } from './retry-budget.ts'
import { VersionAgreement } from './version-agreement.ts'

/** What a process needs to call modules elsewhere. */
export interface RemoteEnvironment {
  readonly clock: Clock
  readonly keys: ModuleKeys
  /** From 0 to 1; spreads retries. */
  readonly random: () => number
  /** A rehearsal; undefined in production. */
  readonly disturbance: CallDisturbance | undefined
}

/** One module in another process. */
export class RemoteModule {
  readonly name: string
  readonly url: URL
  readonly breaker: CircuitBreaker
  readonly #environment: RemoteEnvironment
  readonly #budget = new RetryBudget()
  #connection: Promise<Connection> | undefined

  constructor(name: string, url: URL, environment: RemoteEnvironment) {
    this.name = name
    this.url = url
    this.#environment = environment
    this.breaker = new CircuitBreaker(environment.clock, environment.random)
  }

  /**
   * The function that answers an operation by asking the other process.
   * @throws `schema-unusable` when its schemas cannot be compared with those of another version
   */
  answerOf(target: OperationTarget): Answer {
    const agreement = new VersionAgreement(target.label, target.operation)
    return (input, context, caller) => {
      const call = new OutgoingCall(target, agreement, this.#environment, input, context, caller)
      const { disturbance } = this.#environment
      return disturbance === undefined ? this.#ask(call, context) : this.#rehearse(call, context, disturbance)
    }
  }

  /** Loads the client, so that the first call does not pay for it. Connects nothing. */
  async prepare(): Promise<void> {
    await this.#connect()
  }

  /** Cuts what is open. */
  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await (await connection)?.close()
  }

  async #ask(call: OutgoingCall, context: Context): Promise<unknown> {
    this.#budget.earn()
    for (let attempt = 1; ; attempt++) {
      const { disturbance } = this.#environment
      const result = disturbance
        ? await this.#disturbed(call, context, disturbance, attempt)
        : await this.#attempt(call, context)
      if ('value' in result) return result.value
      if (!(await this.#mayRepeat(call, context, attempt, result))) throw result.error
    }
  }

  async #rehearse(call: OutgoingCall, context: Context, disturbance: CallDisturbance): Promise<unknown> {
    const started = this.#environment.clock.monotonic()
    const took = () => this.#environment.clock.monotonic() - started
    try {
      const value = await this.#ask(call, context)
      disturbance.ended(call.facts, { value }, took())
      return value
    } catch (error) {
      disturbance.ended(call.facts, endOf(error), took())
      throw error
    }
  }

  async #disturbed(
    call: OutgoingCall,
    context: Context,
    disturbance: CallDisturbance,
    attempt: number,
  ): Promise<Result> {
    const plan = await disturbance.plan(call.facts, attempt)
    if (plan === 'lost-answer') {
      const over = disturbance.extra()
      await this.#attempt(call, context).finally(over)
      return { error: call.lost('the answer was lost on purpose', true), passing: true }
    }
    const result = await this.#attempt(call, context)
    if (plan === 'twice' && call.idempotent && !('passing' in result && result.passing)) {
      const over = disturbance.extra()
      const second = await this.#attempt(call, context).finally(over)
      disturbance.twice(call.facts, endOfResult(result), endOfResult(second))
    }
    return result
  }

  /** Only what may be done twice is sent twice; only for failures that pass; and only while somebody waits. */
  async #mayRepeat(call: OutgoingCall, context: Context, attempt: number, failure: Failure): Promise<boolean> {
    if (!failure.passing || !call.idempotent || attempt >= mostAttempts || context.signal.aborted) return false
    const pause = pauseBefore(attempt + 1, this.#environment.random)
    if (pause >= context.remainingMs() || !this.#budget.spend()) return false
    if (pause > 0) await this.#environment.clock.sleep(pause, context.signal)
    return true
  }

  async #attempt(call: OutgoingCall, context: Context): Promise<Result> {
    const leave = this.breaker.enter()
    if (leave === undefined) {
      const details = { module: this.name, ms: this.breaker.pausedMs }
      return { error: placementErrors('module-paused', { details }), passing: false }
    }
    try {
      return await this.#exchange(call, context, leave)
    } catch (error) {
      leave('unknown')
      throw error
    }
  }

  async #exchange(call: OutgoingCall, context: Context, leave: Leave): Promise<Result> {
    let answer: RawAnswer
    try {
      answer = await (await this.#connect()).send(call.message())
    } catch (error) {
      return this.#unanswered(call, context, leave, error)
    }
    const understood = readAnswer(answer, call.agreement.vouched)
    leave(outcomeOf(understood.kind))
    switch (understood.kind) {
      case 'value':
        call.notePosition(answer.headers)
        return { value: await call.checkAnswer(understood.value) }
      case 'error':
        call.notePosition(answer.headers)
        if (isRefusal(understood.error)) {
          // It was certainly not done; signed anew it is younger than the process that refused it.
          const passing = understood.error.code === 'call-unremembered'
          return { error: refusedError(this.name, understood.error), passing }
        }
        // A process that stops says so before it has begun; another one takes the call.
        return { error: understood.error, passing: understood.error.code === 'shutting-down' }
      case 'other-version': {
        if (!call.triesAnotherVersion)
          return { error: call.unusable('its version changes with every call'), passing: false }
        call.agreement.settle(understood.schema)
        // Nothing was done, and now it is known to fit: this is no repetition.
        return this.#attempt(call, context)
      }
      case 'gone':
        return { error: call.lost(understood.reason, true), passing: true }
      case 'unusable':
        return { error: call.unusable(understood.reason), passing: false }
    }
  }

  #unanswered(call: OutgoingCall, context: Context, leave: Leave, error: unknown): Result {
    if (error instanceof OversizedAnswer) {
      leave('answered')
      return { error: call.unusable(error.message), passing: false }
    }
    if (!(error instanceof ConnectionFault)) {
      // Given up here. Only a call that had most of its time says something about the other process.
      leave(context.remainingMs() === 0 && call.hadItsTime ? 'failed' : 'unknown')
      throw error
    }
    leave('failed')
    return { error: call.lost(error.message, error.sent, error), passing: true }
  }

  #connect(): Promise<Connection> {
    this.#connection ??= openConnection(this.url)
    return this.#connection
  }
}

type Failure = {
  readonly error: Error
  /** True when the same call may succeed a moment later. */
  readonly passing: boolean
}
type Result = { readonly value: unknown } | Failure

function endOfResult(result: Result): CallEnd {
  return 'value' in result ? result : endOf(result.error)
}

function endOf(error: unknown): CallEnd {
  return { code: isFootingError(error) ? error.code : 'operation-failed' }
}

function outcomeOf(kind: string): Outcome {
  return kind === 'gone' || kind === 'unusable' ? 'failed' : 'answered'
}
