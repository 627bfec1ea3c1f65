// Looking after jobs in SQS: how many there are, and running again what failed. Nobody can look into a queue of SQS.
import type { JobSelection, JobsAdmin, SelectionResult } from '../contract/admin.ts'
import type { JobQueue } from '../contract/contract.ts'
import { jobError } from '../contract/errors.ts'
import { openSqs } from './sqs.ts'

/**
 * Looks after the jobs of these queues.
 * @throws `jobs-driver-missing`, `jobs-url-invalid`
 */
export async function sqsAdmin(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
): Promise<JobsAdmin> {
  const sqs = await openSqs(url, env)
  const nameOf = (queue: string) => queue.slice(prefix.length + 1).replace('/', '.')
  const queues = async (): Promise<readonly Pick<JobQueue, 'name'>[]> =>
    (await sqs.names(prefix)).map((name) => ({ name }))
  const unsupported = (guarantee: string) => async (): Promise<never> => {
    throw jobError('job-unsupported', { job: prefix, guarantee, driver: 'sqs' })
  }
  return Object.freeze({
    driver: 'sqs',
    async counts() {
      const samples = await sqs.sample(await queues())
      return samples.map(({ queue, ...rest }) => ({ ...rest, name: nameOf(queue) }))
    },
    list: unsupported('looking into a queue'),
    show: unsupported('looking into a queue'),
    async retry(selection: JobSelection): Promise<SelectionResult> {
      if ('ids' in selection) return unsupported('finding a job by its id')()
      const queue = `${prefix}/${selection.name.replace('.', '/')}`
      const [sample] = await sqs.sample([{ name: queue }])
      const matched = sample?.failed ?? 0
      return { matched, changed: selection.dryRun === true ? 0 : await sqs.revive(queue) }
    },
    cancel: unsupported('cancel'),
    pause: unsupported('pause'),
    resume: unsupported('pause'),
    close: async () => sqs.close(),
  } satisfies JobsAdmin)
}
