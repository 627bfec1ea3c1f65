// One call on its way to another process: what is sent, and what its failures mean to the caller.
import type { FootingError } from '@footing/kernel'
import { laterPosition, parseWalPosition, unknownPosition } from '../data/contract/wal-position.ts'
import { valueOrThrow } from '../module/checked-value.ts'
import type { OperationTarget } from '../module/port-call.ts'
import { validate } from '../module/schema.ts'
import type { CallContext } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'
import { formatTraceParent } from '../work/trace-ids.ts'
import type { Message, RawAnswer } from './connection.ts'
import type { DisturbedCall } from './disturbance.ts'
import { placementErrors } from './errors.ts'
import type { RemoteEnvironment } from './remote-module.ts'
import { signCall } from './signature.ts'
import type { VersionAgreement } from './version-agreement.ts'
import { encodeUser, header, largestMessage, largestUser, operationPath } from './wire.ts'

/** Replicas of a module are of two versions while it is deployed; one that always has another is none. */
const mostVersions = 3

/** A call that is sent once, or several times when it is idempotent. */
export class OutgoingCall {
  readonly agreement: VersionAgreement
  #facts: DisturbedCall | undefined
  readonly #target: OperationTarget
  readonly #environment: RemoteEnvironment
  readonly #context: CallContext
  readonly #caller: string | undefined
  readonly #input: unknown
  readonly #body: string | undefined
  #versions = 0

  /** @throws `message-too-large` */
  constructor(
    target: OperationTarget,
    agreement: VersionAgreement,
    environment: RemoteEnvironment,
    input: unknown,
    context: Context,
    caller: string | undefined,
  ) {
    this.#target = target
    this.agreement = agreement
    this.#environment = environment
    // Calls between modules always run in the class.
    this.#context = context as CallContext
    this.#caller = caller
    this.#input = input
    this.#body = target.operation.in === undefined || input === undefined ? undefined : JSON.stringify(input)
    this.#limit(Buffer.byteLength(this.#body ?? ''), largestMessage)
  }

  /** The call as a rehearsal sees it. */
  get facts(): DisturbedCall {
    this.#facts ??= {
      module: this.#target.module,
      operation: this.#target.name,
      idempotent: this.idempotent,
      caller: this.#caller,
      input: this.#input,
      requestId: this.#context.requestId,
      route: this.#context.origin.route,
    }
    return this.#facts
  }

  get idempotent(): boolean {
    return this.#target.operation.idempotent
  }

  /** False when its caller had left it less than half of the time that the operation may take. */
  get hadItsTime(): boolean {
    return this.#context.allowedMs * 2 >= this.#target.operation.deadlineMs
  }

  /** The call as it is sent now: each time with the time that is left, signed anew. */
  message(): Message {
    const context = this.#context
    const { user, writes, route } = context.origin
    const path = operationPath(this.#target.module, this.#target.name)
    const headers: Record<string, string> = {
      accept: 'application/json',
      'x-request-id': context.requestId,
      traceparent: formatTraceParent(context),
      [header.deadline]: String(Math.max(1, Math.floor(context.remainingMs()))),
      [header.schema]: this.agreement.header,
    }
    if (this.#body !== undefined) headers['content-type'] = 'application/json'
    if (this.#caller !== undefined) headers[header.caller] = this.#caller
    if (route !== undefined) headers[header.route] = encodeURI(route)
    if (writes?.position !== undefined) headers[header.position] = writes.position
    if (user !== undefined) {
      const text = encodeUser(user)
      this.#limit(text.length, largestUser)
      headers[header.user] = text
    }
    const signed = { method: 'POST', path, headers, body: this.#body ?? '' }
    headers.authorization = signCall(signed, this.#environment.keys, this.#environment.clock)
    return { path, headers, body: this.#body, signal: context.signal }
  }

  /** Takes over how far the module has written, so that later reads of this request see it from any replica. */
  notePosition(headers: RawAnswer['headers']): void {
    const position = headers[header.position]
    if (typeof position !== 'string' || position.length > 40) return
    const { origin } = this.#context
    origin.writes ??= { position: undefined }
    const known = origin.writes.position
    // One that cannot be compared stands for "not known", which only the primary is sure to satisfy: it stays.
    if (known !== undefined && parseWalPosition(known) === undefined) return
    origin.writes.position = parseWalPosition(position) === undefined ? position : laterPosition(known, position)
  }

  /** Counts the versions that the module came up with during this one call. */
  get triesAnotherVersion(): boolean {
    this.#versions++
    return this.#versions <= mostVersions
  }

  /**
   * The value of an answer, as the schema yields it.
   * @throws `answer-unusable` with the faults
   */
  async checkAnswer(value: unknown): Promise<unknown> {
    const { operation, label } = this.#target
    if (operation.out === undefined) return undefined
    const validation = validate(operation.out, value)
    const found = validation instanceof Promise ? await validation : validation
    if ('issues' in found) throw this.unusable('it does not match the schema of the operation', found.issues)
    return valueOrThrow(found, label, 'invalid-output')
  }

  /** The error of a call without an answer. Whether it may have been done decides what the caller is told. */
  lost(reason: string, sent: boolean, cause?: unknown): FootingError {
    const details = { operation: this.#target.label, reason }
    // It may have written something nobody knows the place of: reads of one's own writes go to the primary.
    if (sent) {
      this.#context.origin.writes ??= { position: undefined }
      this.#context.origin.writes.position = unknownPosition
    }
    return placementErrors(sent && !this.idempotent ? 'call-interrupted' : 'module-unreachable', { details, cause })
  }

  unusable(reason: string, issues: FootingError['issues'] = []): FootingError {
    return placementErrors('answer-unusable', { details: { operation: this.#target.label, reason }, issues })
  }

  #limit(bytes: number, most: number): void {
    if (bytes <= most) return
    throw placementErrors('message-too-large', { details: { operation: this.#target.label, bytes, most } })
  }
}
