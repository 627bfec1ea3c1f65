// The jobs of one module as its code adds them: checked, wrapped, handed to the driver.
import { type ErrorIssue, nearest } from '@footing/kernel'
import { type Transaction, transactionBrand } from '../data/contract/contract.ts'
import type { AnyTransaction } from '../data/contract/transaction-end.ts'
import { findUnportable } from '../module/portable.ts'
import { type Schema, validate } from '../module/schema.ts'
import { currentContext } from '../work/call-context.ts'
import { type Duration, milliseconds } from '../work/duration.ts'
import type { AddedJob, FlowStep, JobDriver, JobQueue, NewJob } from './contract/contract.ts'
import { type Envelope, type JobBody, sealEnvelope } from './contract/envelope.ts'
import { jobError, jobErrors } from './contract/errors.ts'
import type { JobGuarantees } from './contract/guarantees.ts'
import type { Job, JobsShape, PayloadOf } from './use-jobs.ts'

/** How one job differs from what its declaration says. */
export interface AddOptions {
  /** Not before so long from now, by the store's clock. */
  readonly delay?: Duration
  /** Not before this moment, by the store's clock. */
  readonly at?: Date
  readonly priority?: number
  /** What limits and rates per key count by: the id of a customer, a host. */
  readonly key?: string
  /** What makes it the same as another one; see `deduplicate` of the declaration. */
  readonly deduplicate?: string
}

/** One job of a flow. */
export type FlowOf<Jobs extends JobsShape> = {
  readonly [Name in keyof Jobs & string]: {
    /** Name of this step in `after` of others and in the answer. */
    readonly ref: string
    readonly name: Name
    readonly payload: PayloadOf<Jobs[Name]>
    /** Steps that have to be done before. */
    readonly after?: readonly string[]
    readonly options?: Omit<AddOptions, 'deduplicate'>
  }
}[keyof Jobs & string]

/** Anything that is a transaction of the module. */
export type OpenTransaction = Pick<Transaction<never>, typeof transactionBrand>

/**
 * What a module's kit holds: `kit.jobs`. With a transaction first, a job exists if and only if that is committed.
 * @throws `job-payload-invalid`, `job-too-large`, `job-option-invalid`, `job-queue-full`, `job-unsupported`,
 * `jobs-transaction-unsupported`, and the errors of the store
 */
export interface ModuleJobs<Jobs extends JobsShape = JobsShape> {
  /** What the driver promises. */
  readonly guarantees: JobGuarantees
  add<const Name extends keyof Jobs & string>(
    name: Name,
    payload: PayloadOf<Jobs[Name]>,
    options?: AddOptions,
  ): Promise<AddedJob>
  add<const Name extends keyof Jobs & string>(
    tx: OpenTransaction,
    name: Name,
    payload: PayloadOf<Jobs[Name]>,
    options?: AddOptions,
  ): Promise<AddedJob>
  /** Adds all or none, in one statement of the store where it can. */
  addMany<const Name extends keyof Jobs & string>(
    name: Name,
    payloads: readonly PayloadOf<Jobs[Name]>[],
    options?: Omit<AddOptions, 'deduplicate'>,
  ): Promise<readonly AddedJob[]>
  addMany<const Name extends keyof Jobs & string>(
    tx: OpenTransaction,
    name: Name,
    payloads: readonly PayloadOf<Jobs[Name]>[],
    options?: Omit<AddOptions, 'deduplicate'>,
  ): Promise<readonly AddedJob[]>
  /** Adds jobs that wait for each other: a chain, a fan-out, a join. Answers with their ids by ref. */
  flow(steps: readonly FlowOf<Jobs>[]): Promise<Readonly<Record<string, string>>>
  flow(tx: OpenTransaction, steps: readonly FlowOf<Jobs>[]): Promise<Readonly<Record<string, string>>>
  /** Takes a job back: it does not begin, or its signal is aborted. False where it has ended. */
  cancel(name: keyof Jobs & string, id: string): Promise<boolean>
}

/** What the handle of a module needs. */
export interface ModuleJobsEnvironment {
  readonly module: string
  readonly driverName: string
  readonly driver: JobDriver
  readonly jobs: JobsShape
  readonly queues: ReadonlyMap<string, JobQueue>
}

const mostInFlow = 1000
const longestKey = 200

/** Makes the handle. */
export function moduleJobs(environment: ModuleJobsEnvironment): ModuleJobs {
  const { driver, module, driverName } = environment
  const { guarantees } = driver

  const known = (name: string): { readonly declared: Job; readonly queue: JobQueue } => {
    const declared = Object.hasOwn(environment.jobs, name) ? environment.jobs[name] : undefined
    const queue = environment.queues.get(name)
    if (declared !== undefined && queue !== undefined) return { declared, queue }
    const meant = nearest(name, Object.keys(environment.jobs))
    throw jobError('job-unknown', {
      module,
      job: String(name),
      hint: meant === undefined ? '' : ` Did you mean ${meant}?`,
    })
  }

  const admit = (tx: AnyTransaction | undefined, name: string) => {
    if (tx === undefined || guarantees.transactional) return
    throw jobError('jobs-transaction-unsupported', { job: `${module}.${name}`, driver: driverName })
  }

  const prepare = async (name: string, payload: unknown, options: AddOptions, asked = askedBy()): Promise<NewJob> => {
    const { declared, queue } = known(name)
    const job = `${module}.${name}`
    const body = await bodyOf(job, declared, payload, options.key, asked)
    refuseUnstorable(job, body, guarantees.maxPayloadBytes)
    const prepared = { queue, body, ...readOptions(job, declared, options) }
    refuseUnsupported(job, prepared, guarantees, driverName)
    return prepared
  }

  const addAll = async (tx: AnyTransaction | undefined, name: string, jobs: readonly NewJob[]) => {
    admit(tx, name)
    return jobs.length === 0 ? [] : driver.add(jobs, tx)
  }

  const handle = {
    guarantees,
    async add(...given: unknown[]) {
      const { tx, rest } = split(given)
      const [name, payload, options = {}] = rest as [string, unknown, AddOptions?]
      const [added] = await addAll(tx, name, [await prepare(name, payload, options)])
      return added
    },
    async addMany(...given: unknown[]) {
      const { tx, rest } = split(given)
      const [name, payloads, options = {}] = rest as [string, readonly unknown[], AddOptions?]
      const jobs: NewJob[] = []
      const asked = askedBy()
      for (const payload of payloads) jobs.push(await prepare(name, payload, options, asked))
      return addAll(tx, name, jobs)
    },
    async flow(...given: unknown[]) {
      const { tx, rest } = split(given)
      const [steps] = rest as [readonly FlowOf<JobsShape>[]]
      verifyFlow(module, steps)
      const first = steps[0]?.name ?? ''
      if (driver.flow === undefined) {
        throw jobError('job-unsupported', { job: `${module}.${first}`, guarantee: 'flow', driver: driverName })
      }
      admit(tx, first)
      const prepared: FlowStep[] = []
      const asked = askedBy()
      for (const { ref, name, payload, after = [], options = {} } of steps) {
        prepared.push({ ...(await prepare(name, payload, options, asked)), ref, after })
      }
      return driver.flow(prepared, tx)
    },
    async cancel(name: string, id: string) {
      return driver.cancel(known(name).queue, id)
    },
  }
  // The overloads are those of the interface: a transaction may come first.
  return Object.freeze(handle) as unknown as ModuleJobs
}

function split(given: readonly unknown[]): {
  readonly tx: AnyTransaction | undefined
  readonly rest: readonly unknown[]
} {
  const [first, ...rest] = given
  if (typeof first === 'object' && first !== null && transactionBrand in first) {
    return { tx: first as AnyTransaction, rest } // branded
  }
  return { tx: undefined, rest: given }
}

type Asked = Pick<Envelope, 'requestId' | 'traceId'>

/** The ids of the request that asks; what nobody asked for gets its ids when it runs. */
function askedBy(): Asked {
  const context = currentContext()
  return { requestId: context?.requestId, traceId: context?.traceId }
}

async function bodyOf(
  job: string,
  declared: Job,
  payload: unknown,
  key: string | undefined,
  asked: Asked,
): Promise<JobBody> {
  const { payload: schema, version } = declared
  const sealed = schema === undefined ? payload : await checkedPayload(job, schema, payload)
  return sealEnvelope({ payload: sealed, version, key, ...asked })
}

/**
 * The payload as its schema yields it.
 * @throws `job-payload-invalid`
 */
export async function checkedPayload(job: string, schema: Schema, payload: unknown): Promise<unknown> {
  const validation = await validate(schema, payload)
  if ('issues' in validation) throw payloadInvalid(job, validation.issues)
  return validation.value
}

function payloadInvalid(job: string, issues: readonly ErrorIssue[]): Error {
  return jobErrors('job-payload-invalid', { details: { job }, issues })
}

/** Refuses what would not come back from every store as it went in. */
function refuseUnstorable(job: string, body: JobBody, limit: number): void {
  const fault = findUnportable(body.p)
  if (fault !== undefined) throw payloadInvalid(job, [{ pointer: fault.pointer, message: `It is ${fault.found}.` }])
  const text = JSON.stringify(body)
  // PostgreSQL keeps no such character in JSON, and what a job may say must not depend on the store.
  if (text.includes('\\u0000') && zeroCharacter.test(text)) {
    throw payloadInvalid(job, [{ pointer: '', message: 'A text of it holds a zero character.' }])
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > limit) throw jobError('job-too-large', { job, bytes, limit })
}

// Written as an escape, and not as a backslash that is itself escaped.
const zeroCharacter = /(?<!\\)(?:\\\\)*\\u0000/

function readOptions(
  job: string,
  declared: Job,
  { delay, at, priority, key, deduplicate }: AddOptions,
): Pick<NewJob, 'priority' | 'delayMs' | 'at' | 'key' | 'deduplicationKey'> {
  const invalid = (reason: string) => jobError('job-option-invalid', { job, reason })
  if (delay !== undefined && at !== undefined) throw invalid('it has both delay and at.')
  if (at !== undefined && Number.isNaN(at.getTime())) throw invalid('at is no date.')
  for (const [name, text] of Object.entries({ key, deduplicate })) {
    if (text === undefined) continue
    if (typeof text !== 'string' || text.length === 0 || text.length > longestKey || text.includes('\0')) {
      throw invalid(`${name} is a text of 1 to ${longestKey} characters.`)
    }
  }
  if (deduplicate !== undefined && declared.deduplicate === undefined) {
    throw invalid('it has deduplicate, and its declaration does not say for how long.')
  }
  if (priority !== undefined && (!Number.isSafeInteger(priority) || Math.abs(priority) > 1_000_000)) {
    throw invalid(`priority is ${priority}.`)
  }
  return {
    priority: priority ?? declared.priority,
    delayMs: delay === undefined ? undefined : lengthOf(delay, invalid),
    at,
    key,
    deduplicationKey: deduplicate,
  }
}

function lengthOf(delay: Duration, invalid: (reason: string) => Error): number {
  try {
    return milliseconds(delay)
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error))
  }
}

/** Refuses what the driver would silently not do. */
function refuseUnsupported(job: string, added: NewJob, guarantees: JobGuarantees, driver: string): void {
  const lacks = (guarantee: string) => jobError('job-unsupported', { job, guarantee, driver })
  if (added.delayMs !== undefined || added.at !== undefined) {
    const seconds = (added.delayMs ?? (added.at?.getTime() ?? 0) - Date.now()) / 1000
    if (seconds > guarantees.delayed) throw lacks(`delayed by ${Math.ceil(seconds)} s`)
  }
  if (added.deduplicationKey !== undefined && !guarantees.deduplicated) throw lacks('deduplicated')
  if (added.priority !== 0 && !guarantees.prioritised) throw lacks('prioritised')
}

function verifyFlow(module: string, steps: readonly FlowOf<JobsShape>[]): void {
  const invalid = (reason: string) => jobError('job-option-invalid', { job: `${module} (flow)`, reason })
  if (!Array.isArray(steps) || steps.length === 0) throw invalid('a flow has at least one step.')
  if (steps.length > mostInFlow) throw invalid(`a flow has at most ${mostInFlow} steps.`)
  const refs = new Set<string>()
  for (const { ref } of steps) {
    if (typeof ref !== 'string' || ref === '') throw invalid('each step has a ref.')
    if (refs.has(ref)) throw invalid(`two steps are called ${ref}.`)
    refs.add(ref)
  }
  const waits = new Map(steps.map(({ ref, after = [] }) => [ref, new Set<string>(after)] as const))
  for (const [ref, after] of waits) {
    const absent = [...after].find((one) => !refs.has(one))
    if (absent !== undefined) throw invalid(`${ref} waits for ${absent}, which is no step.`)
  }
  // What waits for nobody is taken away until nothing is left; what is left then waits in a circle.
  for (let taken = true; taken; ) {
    const free = [...waits].filter(([, after]) => after.size === 0).map(([ref]) => ref)
    taken = free.length > 0
    for (const ref of free) waits.delete(ref)
    for (const after of waits.values()) for (const ref of free) after.delete(ref)
  }
  if (waits.size > 0) throw invalid(`${[...waits.keys()].join(', ')} wait for each other.`)
}
