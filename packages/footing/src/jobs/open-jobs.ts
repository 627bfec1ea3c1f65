// Chooses the store of jobs by a URL, and joins it with the modules of a process.
import type { AppProcess, ProcessFacts } from '../capability/capability.ts'
import { dataCapability } from '../data/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { declaredBy } from '../module/use.ts'
import type { JobDriver, JobQueue } from './contract/contract.ts'
import { jobError } from './contract/errors.ts'
import type { JobGuarantees } from './contract/guarantees.ts'
import { bullmqDriver, bullmqGuarantees } from './drivers/bullmq.ts'
import { pgBossDriver, pgBossGuarantees } from './drivers/pg-boss.ts'
import { jobsSchema } from './drivers/pg-boss-sample.ts'
import { sqsDriver, sqsGuarantees } from './drivers/sqs.ts'
import { readSqsTarget } from './drivers/sqs-target.ts'
import type { DeclaredJobs, Job, JobsShape } from './use-jobs.ts'

/** A store as data. */
export interface ChosenDriver {
  readonly driver: string
  readonly guarantees: JobGuarantees
}

const schemes = ['redis:', 'rediss:', 'sqs:']

/**
 * Reads the value of JOBS_URL: which driver it means.
 * @throws `jobs-url-invalid`, which never repeats the text: it may hold a secret
 */
export function readJobsUrl(text: string): 'redis' | 'sqs' {
  if (!URL.canParse(text)) throw jobError('jobs-url-invalid', { reason: 'it is not a URL.' })
  const { protocol } = new URL(text)
  if (!schemes.includes(protocol)) {
    throw jobError('jobs-url-invalid', { reason: `there is no store for ${protocol.slice(0, 20)}//.` })
  }
  if (protocol !== 'sqs:') return 'redis'
  // The region may come from elsewhere; everything else is looked at here.
  readSqsTarget(text, { AWS_REGION: 'any' })
  return 'sqs'
}

/** True where the process has, or could have, a database. */
export function hasDatabase({ env, options, places }: ProcessFacts): boolean {
  const opened = options.opened as Readonly<Record<string, unknown>> | undefined // as `StartOptions` has it
  const tables = places.local.some(({ tables: own, migrations }) => own.length > 0 || migrations !== undefined)
  return tables || opened?.data !== undefined || Boolean(env.DATABASE_URL || env.DATABASE_URL_FILE)
}

/**
 * The store that the values choose; nothing is opened for it.
 * @throws `jobs-store-missing`
 */
export function jobsDriver(url: string | undefined, facts: ProcessFacts): ChosenDriver {
  if (url !== undefined) {
    const driver = readJobsUrl(url)
    return { driver, guarantees: driver === 'sqs' ? sqsGuarantees : bullmqGuarantees }
  }
  if (!hasDatabase(facts)) throw jobError('jobs-store-missing')
  return { driver: 'postgresql', guarantees: pgBossGuarantees }
}

/**
 * Opens it.
 * @throws `jobs-not-provisioned`, `jobs-store-missing`, `jobs-driver-missing`, `jobs-store-unsafe`
 */
export async function openJobsDriver(url: string | undefined, process: AppProcess): Promise<JobDriver> {
  if (url !== undefined) return readJobsUrl(url) === 'sqs' ? sqsDriver(url, process.env) : bullmqDriver(url)
  const data = process.opened(dataCapability)
  if (data === undefined) throw jobError('jobs-store-missing')
  return pgBossDriver(data.forModule(jobsSchema))
}

/** What a module declares. */
export function jobsOf(manifest: AnyManifest): JobsShape {
  return declaredBy<DeclaredJobs>(manifest, 'jobs')?.jobs ?? {}
}

/** The queues of a module, by job. The name carries the application: two of them may share a store. */
export function queuesOf(application: string, manifest: AnyManifest): ReadonlyMap<string, JobQueue> {
  const prefix = `${queuePrefix(application)}/${manifest.name}`
  return new Map(Object.entries(jobsOf(manifest)).map(([name, job]) => [name, queueOf(`${prefix}/${name}`, job)]))
}

/** An application's name as queues carry it: what stores do not take in a name is written by its code. */
export function queuePrefix(application: string): string {
  return application.replace(/[^A-Za-z0-9-]/g, (character) => `_${character.codePointAt(0)?.toString(16) ?? ''}_`)
}

function queueOf(name: string, job: Job): JobQueue {
  const { attempts, timeoutMs, backoff, perProcess, everywhere, perKey, rate, deduplicate, limit } = job
  const { keepDoneMs, keepFailedMs } = job
  return Object.freeze({
    name,
    attempts,
    timeoutMs,
    backoff,
    perProcess,
    everywhere,
    perKey,
    rate,
    deduplicate,
    limit,
    keepDoneMs,
    keepFailedMs,
  })
}

/**
 * Refuses what a declaration asks for and the driver does not have.
 * @throws `job-unsupported`
 */
export function refuseUnsupported(
  driverName: string,
  { guarantees }: JobDriver,
  modules: readonly AnyManifest[],
): void {
  for (const manifest of modules) {
    for (const [name, job] of Object.entries(jobsOf(manifest))) {
      const wants: readonly (readonly [string, boolean, unknown])[] = [
        ['globalConcurrency', job.everywhere !== undefined, guarantees.globalConcurrency],
        ['rateLimited', job.rate !== undefined, guarantees.rateLimited],
        ['keyed', job.perKey !== undefined || job.rate?.perKey === true, guarantees.keyed],
        ['deduplicated', job.deduplicate !== undefined, guarantees.deduplicated],
        ['prioritised', job.priority !== 0, guarantees.prioritised],
        ['bounded', job.limit !== undefined, guarantees.bounded],
      ]
      const lacking = wants.find(([, wanted, offered]) => wanted && offered === false)
      if (lacking === undefined) continue
      const [guarantee] = lacking
      throw jobError('job-unsupported', { job: `${manifest.name}.${name}`, guarantee, driver: driverName })
    }
  }
}
