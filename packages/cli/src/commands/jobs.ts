// Jobs of an application: how many wait, what became of each, and a hand on them.
import type { Command } from '../command/command.ts'

/** `footing jobs <action> … [app]`. */
export const jobs: Command = {
  name: 'jobs',
  summary: 'show jobs and their queues; retry, cancel, pause and resume them',
  description:
    'Uses JOBS_URL, else DATABASE_DIRECT_URL, else DATABASE_URL, pooler or not; without them the embedded PostgreSQL of ' +
    'footing dev. list shows each queue: counts are exact up to 1000, so that a look costs the same however many jobs there ' +
    'are; it exits with 1 when jobs have failed for good. show lists the jobs of a name, the newest first, or one job with ' +
    'its payload. retry lets jobs that failed for good run again, with all their attempts. cancel takes back what waits and ' +
    'aborts the signal of what runs. pause lets no job of a name begin.',
  arguments: [
    { name: 'action', summary: 'list, show, retry, cancel, pause or resume', required: true },
    {
      name: 'words',
      summary: 'module.job, or the id of one job; then the folder of the application (this folder when left out)',
      variadic: true,
    },
  ],
  options: [
    { flags: '--dry-run', summary: 'say how many it would be, and change nothing' },
    {
      flags: '--state <state>',
      summary: 'show: only jobs in this state',
      choices: ['waiting', 'delayed', 'running', 'done', 'failed', 'cancelled'],
    },
    { flags: '--limit <number>', summary: 'show: most jobs, up to 1000', default: '50' },
  ],
  examples: [
    { run: 'footing jobs list examples/conduit', does: 'each queue with its depth and its oldest job' },
    { run: 'footing jobs show mail.welcome examples/conduit --state failed', does: 'the jobs that failed for good' },
    { run: 'footing jobs show 0b9e1e2e-8d0c-4a0c-9c53-6a3f0a2f1f10 --json', does: 'one job with its payload, as data' },
    { run: 'footing jobs retry mail.welcome examples/conduit --dry-run', does: 'how many would run again' },
    { run: 'footing jobs pause mail.welcome examples/conduit', does: 'let none begin' },
  ],
  docs: 'docs/jobs.md',
  run: async (context) => {
    const { runStateAction } = await import('../state/state-actions.ts')
    const { jobsActions } = await import('../state/jobs-actions.ts')
    const { openJobsAdmin } = await import('@footing/core/tooling')
    return runStateAction(context, 'jobs', jobsActions, ({ app, data, settings }) =>
      openJobsAdmin({ application: app.name, url: settings.JOBS_URL, data }),
    )
  },
}
