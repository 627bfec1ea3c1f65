// Looking after the jobs of an application from outside: for the command line and for programs of an operator.
import type { DataSource } from '../data/contract/contract.ts'
import type { JobsAdmin } from './contract/admin.ts'
import { jobError } from './contract/errors.ts'
import { bullmqAdmin } from './drivers/bullmq-admin.ts'
import { pgBossAdmin } from './drivers/pg-boss-admin.ts'
import { jobsSchema } from './drivers/pg-boss-sample.ts'
import { sqsAdmin } from './drivers/sqs-admin.ts'
import { queuePrefix, readJobsUrl } from './open-jobs.ts'

/** Which jobs: those of an application, in its store. */
export interface JobsAdminOptions {
  /** Name that the application gives to `createApp`. */
  readonly application: string
  /** Value of JOBS_URL; left out or empty, the jobs are in the database. */
  readonly url?: string | undefined
  /** The database, open. */
  readonly data?: DataSource | undefined
  /** Where AWS_REGION is looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Opens it. Nothing runs jobs because of it.
 * @throws `jobs-url-invalid`, `jobs-store-missing`, `jobs-not-provisioned`, `jobs-driver-missing`
 */
export async function openJobsAdmin({
  application,
  url,
  data,
  env = process.env,
}: JobsAdminOptions): Promise<JobsAdmin> {
  const prefix = queuePrefix(application)
  if (url !== undefined && url !== '') {
    return readJobsUrl(url) === 'sqs' ? sqsAdmin(url, env, prefix) : bullmqAdmin(url, prefix)
  }
  if (data === undefined) throw jobError('jobs-store-missing')
  const database = data.forModule<unknown>(jobsSchema)
  const [found] = await database.query<{ there: boolean }>(
    `select to_regclass('${jobsSchema}.version') is not null as there`,
  )
  if (found?.there !== true) throw jobError('jobs-not-provisioned', { state: 'not there' })
  return pgBossAdmin(database, prefix)
}
