// The jobs of one process: handles for its modules, handlers for its workers, and what is told of both.
import type { AppProcess, Gauge, StartedModule } from '../capability/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { JobDriver, JobQueue, QueueSample } from './contract/contract.ts'
import { jobError } from './contract/errors.ts'
import { JobRunner } from './job-runner.ts'
import { type ModuleJobs, moduleJobs } from './module-jobs.ts'
import { jobsOf, queuePrefix, queuesOf, refuseUnsupported } from './open-jobs.ts'
import type { Job, JobHandler } from './use-jobs.ts'

const sampleAgeMs = 10_000
/** Of the time to stop: what it takes to give jobs back. */
const giveBackShare = 0.2
const quietMs = 10_000

/** The jobs of one process. */
export class ProcessJobs {
  readonly driver: JobDriver
  readonly #driverName: string
  readonly #process: AppProcess
  readonly #modules: readonly AnyManifest[]
  readonly #runner: JobRunner
  readonly #queues: ReadonlyMap<string, ReadonlyMap<string, JobQueue>>
  readonly #handled: JobQueue[] = []
  readonly #told = new Map<string, number>()
  #samples: readonly QueueSample[] = []
  #sampledAt = Number.NEGATIVE_INFINITY

  constructor(process: AppProcess, driverName: string, driver: JobDriver, modules: readonly AnyManifest[]) {
    this.driver = driver
    this.#driverName = driverName
    this.#process = process
    this.#modules = modules
    this.#runner = new JobRunner(process.network.environment)
    this.#queues = new Map(modules.map((module) => [module.name, queuesOf(process.app.name, module)] as const))
  }

  /** @throws `job-unsupported` */
  async declare(): Promise<void> {
    refuseUnsupported(this.#driverName, this.driver, this.#modules)
    for (const manifest of this.#modules) {
      if (this.#process.places.placed.has(manifest.name)) this.#callThroughPort(manifest)
    }
    await this.driver.declare(this.#all())
  }

  /** What a module adds its jobs with. */
  handleOf(manifest: AnyManifest): ModuleJobs {
    return moduleJobs({
      module: manifest.name,
      driverName: this.#driverName,
      driver: this.driver,
      jobs: jobsOf(manifest),
      queues: this.#queues.get(manifest.name) ?? new Map(),
    })
  }

  /**
   * Takes the handlers of a module.
   * @throws `job-handler-missing`
   */
  join({ manifest, implementation }: StartedModule): void {
    // The part of this name is typed by the manifest; each handler is looked at once more.
    const given = (implementation as { readonly jobs?: Readonly<Record<string, JobHandler>> }).jobs ?? {}
    for (const [name, job] of Object.entries(jobsOf(manifest))) {
      if (job.call !== undefined) {
        this.#handle(manifest, name, job, this.#calling(manifest, name, job.call))
      } else {
        const handler = Object.hasOwn(given, name) ? given[name] : undefined
        if (typeof handler !== 'function')
          throw missing(manifest, name, 'its implementation has no function of that name')
        this.#handle(manifest, name, job, handler)
      }
    }
  }

  /** Begins to run jobs, where this process is a worker. */
  async start(): Promise<void> {
    const { role, log } = this.#process
    if (role === 'web') return
    this.driver.work(this.#handled, (job) => this.#runner.take(job), {
      fault: (what, error) => {
        const now = performance.now()
        if (now - (this.#told.get(what) ?? Number.NEGATIVE_INFINITY) < quietMs) return
        this.#told.set(what, now)
        log.warn(`the store of jobs could not ${what}; it is tried again`, {}, error)
      },
      orphaned: (job) => log.warn('a job was held by a process that went away', { ...job, code: 'job-orphaned' }),
      superseded: (job) =>
        log.warn('the end of a job came too late and is not counted', { ...job, code: 'job-claim-lost' }),
    })
    const strays = await this.driver.strays(queuePrefix(this.#process.app.name), this.#all())
    for (const { queue, jobs } of strays.filter((stray) => !this.#isElsewhere(stray.queue))) {
      log.warn('jobs wait that nobody declares; they are kept', { queue, jobs })
    }
  }

  /** Numbers for `/metrics`; the store is asked at most every ten seconds, and only when somebody asks here. */
  gauges(): readonly Gauge[] {
    const now = performance.now()
    if (now - this.#sampledAt > sampleAgeMs) {
      this.#sampledAt = now
      this.driver.sample(this.#all()).then(
        (samples) => {
          this.#samples = samples
        },
        (error: unknown) => this.#process.log.warn('the queues could not be counted', {}, error),
      )
    }
    const counts = this.#samples.flatMap(({ queue, waiting, delayed, running, failed }) =>
      Object.entries({ waiting, delayed, running, failed }).map(
        ([state, value]): Gauge => ({
          name: 'footing_jobs',
          help: 'Jobs in the store, by queue and state.',
          value,
          labels: { queue, state },
        }),
      ),
    )
    const ages = this.#samples.map(
      ({ queue, oldestSeconds }): Gauge => ({
        name: 'footing_jobs_oldest_seconds',
        help: 'How long the oldest job that could begin has waited.',
        value: oldestSeconds,
        labels: { queue },
      }),
    )
    return [
      ...counts,
      ...ages,
      { name: 'footing_jobs_running', help: 'Jobs that run in this process.', value: this.#runner.running },
      {
        name: 'footing_jobs_abandoned',
        help: 'Handlers in this process that run on although their attempt has ended.',
        value: this.#runner.abandoned,
      },
    ]
  }

  /** Begins no more; what has not ended shortly before the deadline is given back, and no attempt is counted. */
  async drain(deadlineMs: number): Promise<void> {
    const { clock, log } = this.#process
    const timer = clock.after(deadlineMs * (1 - giveBackShare), () => this.#runner.giveBack())
    // A store that does not answer must not keep the process.
    const late = Promise.withResolvers<'late'>()
    const end = clock.after(deadlineMs, () => late.resolve('late'))
    const ended = await Promise.race([this.driver.rest(), late.promise])
    timer.cancel()
    end.cancel()
    if (ended === 'late')
      log.error('jobs could not be given back before the process stopped; they run again as orphans')
  }

  #all(): readonly JobQueue[] {
    return [...this.#queues.values()].flatMap((queues) => [...queues.values()])
  }

  // Queues of modules that this process does not know the jobs of.
  #isElsewhere(queue: string): boolean {
    const { app } = this.#process
    return app.modules.some((module) => [...queuesOf(app.name, module).values()].some(({ name }) => name === queue))
  }

  #callThroughPort(manifest: AnyManifest): void {
    for (const [name, job] of Object.entries(jobsOf(manifest))) {
      if (job.call !== undefined) this.#handle(manifest, name, job, this.#calling(manifest, name, job.call))
    }
  }

  #handle(manifest: AnyManifest, name: string, declared: Job, handle: JobHandler): void {
    const queue = this.#queues.get(manifest.name)?.get(name)
    if (queue === undefined) return
    this.#runner.handle(queue, { module: manifest.name, name: `${manifest.name}.${name}`, declared, handle })
    this.#handled.push(queue)
  }

  #calling(manifest: AnyManifest, name: string, operation: string): JobHandler {
    const call = this.#process.network.portsFor(undefined, [manifest])[manifest.name]?.[operation]
    if (call === undefined) throw missing(manifest, name, `its port has no operation ${operation}`)
    return async (payload, context) => call(payload ?? undefined, { signal: context.signal })
  }
}

function missing({ name: module }: AnyManifest, job: string, why: string): Error {
  return jobError('job-handler-missing', { module, job, missing: why })
}
