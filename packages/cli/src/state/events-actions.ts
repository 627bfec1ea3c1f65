// What footing events does, one function for each action.
import type { DeferredEvent, EventsAdmin } from '@footing/core/tooling'
import { type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { type StateAction, wholeOption } from './state-actions.ts'
import { type Cell, shortTime, toldCount, writeTable } from './table.ts'

/** The actions by name. */
export const eventsActions: Readonly<Record<string, StateAction<EventsAdmin>>> = {
  list: { usage: '', words: [0, 0], run: list },
  show: { usage: '<module:emitter>', words: [1, 1], run: show },
  retry: {
    usage: '<module:emitter> [id]',
    words: [1, 2],
    run: changing('tried again', (admin, choice) => admin.retry(choice)),
  },
  skip: {
    usage: '<module:emitter> [id]',
    words: [1, 2],
    run: changing('dropped', (admin, choice) => admin.skip(choice)),
  },
  replay: { usage: '<module:emitter> --from <time>', words: [1, 1], run: replay },
  forget: { usage: '<module:emitter>', words: [1, 1], run: forget },
}

/** True for the id of an event, which may stand in front of the folder. */
export function isEventId(word: string): boolean {
  return /^[0-9a-f]{32}$/.test(word)
}

async function list(admin: EventsAdmin, { terminal }: CommandContext): Promise<ExitCode> {
  const subscribers = await admin.subscribers()
  const parked = subscribers.some((one) => one.parked > 0)
  if (terminal.wantsJson) terminal.json({ ok: !parked, subscribers })
  else {
    writeTable(
      terminal,
      ['subscriber', 'waiting', 'oldest', 'deferred', 'parked', 'held', 'seen'],
      subscribers.map((one) => [
        one.name,
        String(one.waiting),
        one.waiting > 0 ? `${Math.round(one.oldestSeconds)} s` : '-',
        String(one.deferred),
        one.parked > 0 ? { text: String(one.parked), style: 'red' } : '0',
        one.held ? 'yes' : { text: 'no', style: 'yellow' },
        shortTime(one.seenAt),
      ]),
    )
    if (subscribers.length === 0)
      terminal.note('no subscribers yet: they are known when a process of the application has started once')
  }
  return parked ? exit.findings : exit.ok
}

async function show(
  admin: EventsAdmin,
  { terminal, options }: CommandContext,
  [subscriber = '']: readonly string[],
): Promise<ExitCode> {
  const limit = wholeOption(options.limit ?? '50', '--limit', 10_000)
  const events = await admin.parked({ subscriber, limit })
  if (terminal.wantsJson) terminal.json({ ok: true, events })
  else {
    writeTable(
      terminal,
      ['id', 'event', 'state', 'attempts', 'announced', 'key', 'behind'],
      events.map((event) => [
        event.id,
        event.event,
        stateCell(event),
        String(event.attempts),
        shortTime(event.announcedAt),
        event.key ?? '-',
        String(event.behind),
      ]),
    )
    if (events.length === 0) terminal.note('no event of it has failed')
  }
  return exit.ok
}

async function replay(
  admin: EventsAdmin,
  { terminal, options }: CommandContext,
  [subscriber = '']: readonly string[],
): Promise<ExitCode> {
  if (typeof options.from !== 'string') {
    const details = {
      given: JSON.stringify(subscriber.slice(0, 80)),
      usage: 'footing events replay <module:emitter> [app] --from <time>',
    }
    throw cliErrors('state-words-wrong', { details })
  }
  const dryRun = options.dryRun === true
  return told(
    terminal,
    await admin.replay({ subscriber, from: options.from, dryRun }),
    'event',
    'delivered again',
    dryRun,
  )
}

async function forget(
  admin: EventsAdmin,
  { terminal, options }: CommandContext,
  [subscriber = '']: readonly string[],
): Promise<ExitCode> {
  const dryRun = options.dryRun === true
  return told(terminal, await admin.forget({ subscriber, dryRun }), 'subscriber', 'forgotten', dryRun)
}

function changing(
  done: string,
  change: (
    admin: EventsAdmin,
    choice: { readonly subscriber: string; readonly ids: readonly string[] | undefined; readonly dryRun: boolean },
  ) => Promise<number>,
): StateAction<EventsAdmin>['run'] {
  return async (admin, { terminal, options }, [subscriber = '', id]) => {
    const dryRun = options.dryRun === true
    const count = await change(admin, { subscriber, ids: id === undefined ? undefined : [id], dryRun })
    return told(terminal, count, 'event', done, dryRun)
  }
}

function told(
  terminal: CommandContext['terminal'],
  count: number,
  noun: string,
  done: string,
  dryRun: boolean,
): ExitCode {
  if (terminal.wantsJson) terminal.json({ ok: true, dryRun, count })
  else terminal.out(toldCount(count, noun, done, dryRun))
  return exit.ok
}

function stateCell({ parkedAt, code }: DeferredEvent): Cell {
  const state = parkedAt === undefined ? 'tried again' : 'parked'
  return { text: code === undefined ? state : `${state} (${code})`, style: parkedAt === undefined ? 'yellow' : 'red' }
}
