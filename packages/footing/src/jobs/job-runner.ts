// Runs attempts of jobs: reads what was stored, calls the handler in a context of its own, says how it ended.
import { isFootingError } from '@footing/kernel'
import { coded } from '../module/checked-value.ts'
import { freezeDeep } from '../module/portable.ts'
import { CallContext, newOrigin, type Origin } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'
import { createLog } from '../work/log.ts'
import { type CallEnvironment, runWork } from '../work/run-work.ts'
import type { ClaimedJob, JobQueue, RunningJob, Settlement } from './contract/contract.ts'
import { type Envelope, readEnvelope } from './contract/envelope.ts'
import { jobError } from './contract/errors.ts'
import { type JobRecord, jobChannel } from './job-channel.ts'
import { checkedPayload } from './module-jobs.ts'
import type { Job, JobFacts, JobHandler } from './use-jobs.ts'

/** A job that this process can do. */
export interface HandledJob {
  readonly module: string
  /** `mail.welcome`. */
  readonly name: string
  readonly declared: Job
  readonly handle: JobHandler
}

/** How long a job of a newer version waits for a process that knows it. */
const newerVersionMs = 15_000

/** The jobs that run in one process. */
export class JobRunner {
  readonly #environment: CallEnvironment
  readonly #handled = new Map<string, HandledJob>()
  readonly #running = new Set<CallContext>()
  #abandoned = 0

  constructor(environment: CallEnvironment) {
    this.#environment = environment
  }

  /** Attempts under way. */
  get running(): number {
    return this.#running.size
  }

  /** Handlers whose attempt has ended and that have not: they ignore their signal. */
  get abandoned(): number {
    return this.#abandoned
  }

  /** Names who does the jobs of a queue. */
  handle(queue: JobQueue, handled: HandledJob): void {
    this.#handled.set(queue.name, handled)
  }

  /** Ends every attempt that has not ended: its driver gives it back. */
  giveBack(): void {
    for (const context of [...this.#running]) {
      context.end(jobError('job-drained', { job: context.operation ?? '' }))
    }
  }

  /** Begins an attempt; see `TakeJob`. */
  take(job: ClaimedJob): RunningJob {
    const { clock } = this.#environment
    const handled = this.#handled.get(job.queue.name)
    const envelope = readEnvelope(job.body)
    const name = handled?.name ?? job.queue.name
    const started = clock.monotonic()
    const context = new CallContext(
      clock,
      undefined,
      originOf(envelope),
      handled?.module,
      `job ${name}`,
      started,
      started + job.queue.timeoutMs,
    )
    context.onExpire = () => jobError('job-timeout', { job: name, ms: job.queue.timeoutMs })
    this.#running.add(context)
    const settled = this.#settle(job, name, handled, envelope, context).finally(() => this.#running.delete(context))
    return {
      settled,
      lose: (reason) =>
        context.end(jobError(reason === 'cancelled' ? 'job-cancelled' : 'job-claim-lost', { job: name })),
    }
  }

  async #settle(
    job: ClaimedJob,
    name: string,
    handled: HandledJob | undefined,
    envelope: Envelope | undefined,
    context: CallContext,
  ): Promise<Settlement> {
    const { clock } = this.#environment
    const started = clock.monotonic()
    let fault: Error | undefined
    try {
      if (handled === undefined)
        throw jobError('job-handler-missing', { module: name, job: name, missing: 'nobody does it' })
      if (envelope === undefined) throw jobError('job-payload-invalid', { job: name })
      if (envelope.version > handled.declared.version) {
        throw jobError('job-upgrade-missing', {
          job: name,
          found: envelope.version,
          known: handled.declared.version,
          reason: '',
        })
      }
      await this.#run(job, handled, envelope, context)
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error))
    }
    const settlement = settlementOf(fault, name, envelope, handled)
    this.#tell(job, name, handled, context, clock.monotonic() - started, settlement, fault)
    return settlement
  }

  async #run(job: ClaimedJob, handled: HandledJob, envelope: Envelope, context: CallContext): Promise<void> {
    const facts = factsOf(job, handled, envelope)
    let ended = false
    let counted = false
    const work = async (stored: unknown, given: Context) => {
      try {
        await handled.handle(freezeDeep(await payloadOf(handled, envelope, stored)), given, facts)
      } finally {
        ended = true
        if (counted) this.#abandoned -= 1
      }
    }
    try {
      await runWork(this.#environment, context, work, envelope.payload)
    } catch (error) {
      counted = !ended
      if (counted) this.#abandoned += 1
      throw error
    }
  }

  #tell(
    job: ClaimedJob,
    name: string,
    handled: HandledJob | undefined,
    context: CallContext,
    durationMs: number,
    settlement: Settlement,
    fault: Error | undefined,
  ): void {
    const code = isFootingError(fault) ? fault.code : fault === undefined ? undefined : 'operation-failed'
    const log = createLog(handled?.module ?? 'jobs', () => context)
    const fields = { job: name, jobId: job.id, attempt: job.attempt, attempts: job.attempts, code }
    if (settlement.kind === 'given-back') log.info('a job was given back', fields)
    if (settlement.kind === 'failed') {
      const final = settlement.final || job.attempt >= job.attempts
      if (final) log.error('a job failed for good; it is kept', fields, fault)
      else log.warn('a job failed and is tried again', fields, fault)
    }
    if (!jobChannel.hasSubscribers) return
    const record: JobRecord = {
      name,
      module: handled?.module ?? 'none',
      id: job.id,
      attempt: job.attempt,
      durationMs,
      waitedMs: job.waitedMs,
      outcome: settlement.kind,
      code,
      requestId: context.requestId,
      traceId: context.traceId,
    }
    jobChannel.publish(record)
  }
}

function originOf(envelope: Envelope | undefined): Origin {
  const origin = newOrigin()
  if (envelope === undefined) return origin
  origin.requestId = envelope.requestId
  origin.traceId = envelope.traceId
  return origin
}

/** The payload of this version, checked; what was stored may come from any earlier one. */
async function payloadOf({ name, declared }: HandledJob, { version }: Envelope, stored: unknown): Promise<unknown> {
  const { payload: schema, upgrade, version: known } = declared
  let payload = stored
  if (version < known) {
    const missing = (reason: string, cause?: unknown) =>
      jobError('job-upgrade-missing', { job: name, found: version, known, reason }, cause)
    if (upgrade === undefined) throw missing(' and has no upgrade')
    try {
      payload = upgrade(structuredClone(stored), version)
    } catch (error) {
      throw missing(', whose upgrade failed', error)
    }
  }
  return schema === undefined ? payload : checkedPayload(name, schema, payload)
}

function factsOf(job: ClaimedJob, { name }: HandledJob, { key }: Envelope): JobFacts {
  return Object.freeze({
    id: job.id,
    name,
    attempt: job.attempt,
    attempts: job.attempts,
    addedAt: job.addedAt,
    key,
    progress: (value: unknown) => job.progress(value),
    giveUp: (reason: string): never => {
      throw jobError('job-given-up', { job: name, reason: String(reason).slice(0, 500) })
    },
  })
}

/** Errors after which another attempt would end in the same way. */
const hopeless: ReadonlySet<string> = new Set([
  'job-given-up',
  'job-payload-invalid',
  'job-upgrade-missing',
  'job-handler-missing',
])

function settlementOf(
  fault: Error | undefined,
  name: string,
  envelope: Envelope | undefined,
  handled: HandledJob | undefined,
): Settlement {
  if (fault === undefined) return { kind: 'done' }
  const error = coded(fault, name)
  if (error.code === 'job-drained') return { kind: 'given-back' }
  // Added by a newer version while this one is still running: that one will take it.
  if (error.code === 'job-upgrade-missing' && (envelope?.version ?? 0) > (handled?.declared.version ?? 0)) {
    return { kind: 'given-back', afterMs: newerVersionMs }
  }
  const cause = fault === error ? error : fault
  return { kind: 'failed', code: error.code, message: cause.message.slice(0, 1000), final: hopeless.has(error.code) }
}
