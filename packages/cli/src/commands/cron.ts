// Schedules of an application: what is next, what has happened, and a hand on each.
import type { Command } from '../command/command.ts'

/** `footing cron <action> … [app]`. */
export const cron: Command = {
  name: 'cron',
  summary: 'show schedules and their ticks; trigger, pause, resume, retry and cancel them',
  description:
    'Uses DATABASE_DIRECT_URL, else DATABASE_URL, pooler or not; without them the embedded PostgreSQL of footing dev. ' +
    'list shows every schedule with its next tick and exits with 1 when the last run of one failed. show lists the ticks ' +
    'of one, the newest first. trigger asks for a tick now, paused or not; a worker runs it within 5 seconds. pause lets ' +
    'no tick begin; what comes due until resume is not caught up. retry runs one tick again, or all that failed. cancel ' +
    'ends one tick, or all that wait or run.',
  arguments: [
    { name: 'action', summary: 'list, show, trigger, pause, resume, retry or cancel', required: true },
    {
      name: 'words',
      summary:
        'module.schedule; retry, cancel: the time of a tick; then the folder of the application (this folder when left out)',
      variadic: true,
    },
  ],
  options: [
    { flags: '--dry-run', summary: 'say how many it would be, and change nothing' },
    {
      flags: '--state <state>',
      summary: 'show: only ticks in this state',
      choices: ['waiting', 'running', 'done', 'failed', 'missed', 'skipped', 'cancelled'],
    },
    { flags: '--limit <number>', summary: 'show: most ticks, up to 10000', default: '20' },
  ],
  examples: [
    { run: 'footing cron list examples/conduit', does: 'every schedule with its next tick' },
    { run: 'footing cron show billing.invoices examples/conduit --state failed', does: 'the ticks that failed' },
    { run: 'footing cron trigger billing.invoices examples/conduit', does: 'run it now' },
    {
      run: 'footing cron retry billing.invoices examples/conduit --dry-run',
      does: 'how many failed ticks would run again',
    },
    { run: 'footing cron pause billing.invoices examples/conduit --json', does: 'let no tick begin' },
  ],
  docs: 'docs/schedules.md',
  run: async (context) => {
    const { runStateAction } = await import('../state/state-actions.ts')
    const { cronActions, isTick } = await import('../state/cron-actions.ts')
    const { openCronAdmin } = await import('@footing/core/tooling')
    return runStateAction(context, 'cron', cronActions, ({ data }) => openCronAdmin(data), isTick)
  },
}
