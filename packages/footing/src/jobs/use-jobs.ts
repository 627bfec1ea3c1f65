// What a module's manifest says of its jobs: their payloads, and how they are tried, limited and kept.
import type { InputOf, OutputOf, Schema } from '../module/schema.ts'
import { type Use, use } from '../module/use.ts'
import type { Context } from '../work/context.ts'
import { type Duration, milliseconds } from '../work/duration.ts'
import type { Backoff, Deduplication, Rate } from './contract/contract.ts'
import { jobError } from './contract/errors.ts'
import type { ModuleJobs } from './module-jobs.ts'

/** How a job is tried, limited and kept; everything may be left out. */
export interface JobOptions {
  /** How often it is tried, the first time counted. Default 5. */
  readonly attempts?: number
  /** Longest time of one attempt. Default `'30s'`, at most 23 hours. */
  readonly timeout?: Duration
  /**
   * Waits before a repetition: after the nth failure between `first`·2ⁿ⁻¹ and twice that, at random, and never more than
   * `most`. Default `{ first: '1s', most: '1h' }`; stores count in whole seconds.
   */
  readonly backoff?: { readonly first?: Duration; readonly most?: Duration }
  /** Of what waits, the higher number begins first. Default 0. */
  readonly priority?: number
  /** Lets a second job with the same `deduplicate` of its options not be added: for a time, or until the first has ended. */
  readonly deduplicate?: Duration | 'unfinished'
  /** How many run at once. Default 10 in each process; `perKey` counts jobs of the same `key` over all processes. */
  readonly concurrency?: { readonly perProcess?: number; readonly everywhere?: number; readonly perKey?: number }
  /** How many begin in a length of time over all processes, altogether or of each `key`. */
  readonly rate?: { readonly most: number; readonly per: Duration; readonly perKey?: boolean }
  /** Most that may wait; adding another is refused with `job-queue-full`. Default without a limit. */
  readonly limit?: number
  /** How long it is kept when it has ended. Default an hour when done, 30 days when failed for good. */
  readonly keep?: { readonly done?: Duration; readonly failed?: Duration }
  /** Version of the payload. Default 1. */
  readonly version?: number
  /** Makes the payload of this version out of one that an older version of the application added. */
  readonly upgrade?: (payload: unknown, version: number) => unknown
  readonly summary?: string
}

/** A job of a module. `Payload` is its schema; undefined for one that calls an operation and takes what that takes. */
export interface Job<
  Payload extends Schema | undefined = Schema | undefined,
  Call extends string | undefined = string | undefined,
> {
  readonly kind: 'job'
  readonly payload: Payload
  /** Operation of the module's port that does it. */
  readonly call: Call
  readonly attempts: number
  readonly timeoutMs: number
  readonly backoff: Backoff
  readonly priority: number
  readonly deduplicate: Deduplication | undefined
  readonly perProcess: number
  readonly everywhere: number | undefined
  readonly perKey: number | undefined
  readonly rate: Rate | undefined
  readonly limit: number | undefined
  readonly keepDoneMs: number
  readonly keepFailedMs: number
  readonly version: number
  readonly upgrade: ((payload: unknown, version: number) => unknown) | undefined
  readonly summary: string | undefined
}

/** Jobs by name. */
export type JobsShape = Readonly<Record<string, Job>>

/** What a module declares. */
export interface DeclaredJobs {
  readonly jobs: JobsShape
}

/** What a handler is told besides the payload. */
export interface JobFacts {
  /** The same in every attempt: the key for effects that are to happen once. */
  readonly id: string
  /** `mail.welcome`. */
  readonly name: string
  /** 1 for the first one. */
  readonly attempt: number
  readonly attempts: number
  readonly addedAt: Date
  readonly key: string | undefined
  /** Notes how far it is, for whoever looks; JSON. Where the store cannot, nothing happens. */
  progress(value: unknown): Promise<void>
  /** Ends it for good: no further attempt, kept as failed with the reason. */
  giveUp(reason: string): never
}

/** Does a job. The payload is checked and frozen; `context.signal` aborts when its time is over or nobody wants it. */
export type JobHandler<Payload = unknown> = (payload: Payload, context: Context, job: JobFacts) => Promise<unknown>

/** What a payload looks like to whoever adds the job. */
export type PayloadOf<Declared> =
  Declared extends Job<infer Payload, string | undefined>
    ? Payload extends Schema
      ? InputOf<Payload>
      : unknown
    : never

type HandledNames<Jobs extends JobsShape> = {
  [Name in keyof Jobs]: Jobs[Name]['call'] extends string ? never : Name
}[keyof Jobs]

/** Handlers for the jobs that call no operation. */
export type JobHandlers<Jobs extends JobsShape> = [HandledNames<Jobs>] extends [never]
  ? unknown
  : {
      readonly [Name in HandledNames<Jobs>]: JobHandler<
        Jobs[Name] extends Job<infer Payload, string | undefined> ? OutputOf<Payload> : never
      >
    }

const defaults = {
  attempts: 5,
  timeout: '30s',
  first: '1s',
  most: '1h',
  perProcess: 10,
  done: '1h',
  failed: '720h',
} as const

const longestTimeoutMs = 23 * 3_600_000

/**
 * Declares a job: `job({ payload: Mail, attempts: 5, timeout: '30s' })`, handled by a function of its name in the
 * implementation, or `job({ call: 'issueDue' })`, done by that operation of the module's port.
 * @throws `job-declaration-invalid`
 */
export function job<const Payload extends Schema>(
  options: JobOptions & { readonly payload: Payload; readonly call?: undefined },
): Job<Payload, undefined>
export function job<const Call extends string>(
  options: JobOptions & { readonly call: Call; readonly payload?: undefined },
): Job<undefined, Call>
export function job(
  options: JobOptions & { readonly payload?: Schema | undefined; readonly call?: string | undefined },
): Job {
  const { backoff = {}, concurrency = {}, keep = {}, rate, deduplicate } = options
  const check = checking('of the manifest')
  const declared: Job = {
    kind: 'job',
    payload: options.payload,
    call: options.call,
    attempts: check.count('attempts', options.attempts ?? defaults.attempts, 1000),
    timeoutMs: check.time('timeout', options.timeout ?? defaults.timeout, longestTimeoutMs),
    backoff: {
      firstMs: check.time('backoff.first', backoff.first ?? defaults.first),
      mostMs: check.time('backoff.most', backoff.most ?? defaults.most),
    },
    priority: check.whole('priority', options.priority ?? 0),
    deduplicate:
      deduplicate === undefined || deduplicate === 'unfinished'
        ? deduplicate
        : { forMs: check.time('deduplicate', deduplicate) },
    perProcess: check.count('concurrency.perProcess', concurrency.perProcess ?? defaults.perProcess, 1000),
    everywhere: check.optional('concurrency.everywhere', concurrency.everywhere),
    perKey: check.optional('concurrency.perKey', concurrency.perKey),
    rate: rate && {
      most: check.count('rate.most', rate.most, 1000),
      perMs: check.time('rate.per', rate.per),
      perKey: rate.perKey ?? false,
    },
    limit: check.optional('limit', options.limit),
    keepDoneMs: check.time('keep.done', keep.done ?? defaults.done),
    keepFailedMs: check.time('keep.failed', keep.failed ?? defaults.failed),
    version: check.count('version', options.version ?? 1, 1_000_000),
    upgrade: options.upgrade,
    summary: options.summary,
  }
  if (declared.backoff.mostMs < declared.backoff.firstMs)
    throw check.fault('backoff.most is shorter than backoff.first.')
  if (declared.everywhere !== undefined && declared.perKey !== undefined) {
    throw check.fault('concurrency has everywhere and perKey, and a store counts one of them.')
  }
  if (declared.everywhere !== undefined && declared.rate?.perKey === true) {
    throw check.fault('concurrency has everywhere and rate has perKey, and a store counts one of them.')
  }
  return Object.freeze(declared)
}

/**
 * Gives the module jobs: `uses: [jobs({ welcome: job({ payload: Mail }) })]`, then `kit.jobs`, and `jobs: { welcome }` of
 * the implementation does them.
 * @throws `job-declaration-invalid`
 */
export function jobs<const Jobs extends JobsShape>(
  declared: Jobs,
): Use<'jobs', ModuleJobs<Jobs>, DeclaredJobs, JobHandlers<Jobs>> {
  const wrong = Object.keys(declared).find((name) => !/^[a-z][A-Za-z0-9]{0,60}$/.test(name))
  if (wrong !== undefined) {
    throw jobError('job-declaration-invalid', { job: wrong, reason: 'a name has letters and digits, like issueDue.' })
  }
  return use('jobs', { jobs: Object.freeze({ ...declared }) })
}

/** Checks of a declaration, with what a fault says. */
function checking(job: string) {
  const fault = (reason: string) => jobError('job-declaration-invalid', { job, reason })
  const whole = (name: string, value: number) => {
    if (!Number.isSafeInteger(value) || Math.abs(value) > 1_000_000) throw fault(`${name} is ${value}.`)
    return value
  }
  const count = (name: string, value: number, most: number) => {
    if (whole(name, value) < 1 || value > most) throw fault(`${name} is ${value}; 1 to ${most} are possible.`)
    return value
  }
  return {
    fault,
    whole,
    count,
    optional: (name: string, value: number | undefined) =>
      value === undefined ? undefined : count(name, value, 1_000_000),
    time(name: string, value: Duration, mostMs = 10 * 365 * 24 * 3_600_000) {
      let ms: number
      try {
        ms = milliseconds(value)
      } catch (error) {
        throw fault(`${name}: ${error instanceof Error ? error.message : error}`)
      }
      if (ms > mostMs) throw fault(`${name} is longer than ${mostMs / 3_600_000} hours.`)
      return ms
    },
  }
}
