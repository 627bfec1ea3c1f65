// Events of an application: who hears whom and how far behind, what was set aside, and a hand on both.
import type { Command } from '../command/command.ts'

/** `footing events <action> … [app]`. */
export const events: Command = {
  name: 'events',
  summary: 'show subscribers and events that failed; retry, skip and replay them',
  description:
    'Uses DATABASE_DIRECT_URL, else DATABASE_URL, pooler or not; without them the embedded PostgreSQL of footing dev. list ' +
    'shows each subscriber with what waits for it, counted up to 10000, and exits with 1 when events were parked: those that ' +
    'failed at every attempt. show lists the events of a subscriber that failed. retry tries parked ones again, with all ' +
    'their attempts. skip drops them for this subscriber, so that what waits behind them goes on. replay delivers again ' +
    'what is kept since a time. forget takes a subscriber away that no process has any more.',
  arguments: [
    { name: 'action', summary: 'list, show, retry, skip, replay or forget', required: true },
    {
      name: 'words',
      summary: 'who hears whom, module:emitter; retry, skip: the id of an event; then the folder of the application',
      variadic: true,
    },
  ],
  options: [
    { flags: '--dry-run', summary: 'say how many it would be, and change nothing' },
    { flags: '--from <time>', summary: 'replay: what was announced since this time' },
    { flags: '--limit <number>', summary: 'show: most events, up to 10000', default: '50' },
  ],
  examples: [
    { run: 'footing events list examples/conduit', does: 'each subscriber with its lag' },
    { run: 'footing events show billing:content examples/conduit', does: 'the events that billing could not handle' },
    { run: 'footing events retry billing:content examples/conduit --dry-run', does: 'how many would be tried again' },
    {
      run: 'footing events replay billing:content examples/conduit --from 2026-11-30T12:00:00Z --json',
      does: 'deliver again what is kept since noon',
    },
  ],
  docs: 'docs/events.md',
  run: async (context) => {
    const { runStateAction } = await import('../state/state-actions.ts')
    const { eventsActions, isEventId } = await import('../state/events-actions.ts')
    const { openEventsAdmin } = await import('@footing/core/tooling')
    return runStateAction(context, 'events', eventsActions, ({ data }) => openEventsAdmin(data), isEventId)
  },
}
