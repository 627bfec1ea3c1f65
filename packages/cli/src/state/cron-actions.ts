// What footing cron does, one function for each action.
import type { CronAdmin, ScheduleStatus, TickStatus } from '@footing/core/tooling'
import { type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { type StateAction, wholeOption } from './state-actions.ts'
import { type Cell, shortTime, toldCount, writeTable } from './table.ts'

/** The actions by name. */
export const cronActions: Readonly<Record<string, StateAction<CronAdmin>>> = {
  list: { usage: '', words: [0, 0], run: list },
  show: { usage: '<module.schedule>', words: [1, 1], run: show },
  trigger: { usage: '<module.schedule>', words: [1, 1], run: trigger },
  pause: {
    usage: '<module.schedule>',
    words: [1, 1],
    run: changing('schedule', 'paused', (admin, schedule, _tick, dryRun) => admin.pause(schedule, { dryRun })),
  },
  resume: {
    usage: '<module.schedule>',
    words: [1, 1],
    run: changing('schedule', 'resumed', (admin, schedule, _tick, dryRun) => admin.resume(schedule, { dryRun })),
  },
  retry: {
    usage: '<module.schedule> [time]',
    words: [1, 2],
    run: changing('tick', 'run again', (admin, schedule, tick, dryRun) => admin.retry({ schedule, tick, dryRun })),
  },
  cancel: {
    usage: '<module.schedule> [time]',
    words: [1, 2],
    run: changing('tick', 'cancelled', (admin, schedule, tick, dryRun) => admin.cancel({ schedule, tick, dryRun })),
  },
}

/** True for the time of a tick, which may stand in front of the folder. */
export function isTick(word: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(word)
}

async function list(admin: CronAdmin, { terminal }: CommandContext): Promise<ExitCode> {
  const schedules = await admin.schedules()
  const failing = schedules.some(({ last, removedAt }) => removedAt === undefined && last?.state === 'failed')
  if (terminal.wantsJson) terminal.json({ ok: !failing, timeZones: process.versions.tz, schedules })
  else {
    writeTable(
      terminal,
      ['schedule', 'at', 'zone', 'next', 'last', 'running', 'waiting', 'missed'],
      schedules.map((schedule) => [
        schedule.name,
        schedule.pattern,
        schedule.zone,
        nextOf(schedule),
        schedule.last === undefined ? '-' : stateCell(schedule.last),
        String(schedule.running),
        String(schedule.waiting),
        String(schedule.missed),
      ]),
    )
    if (schedules.length === 0)
      terminal.note('no schedules yet: they are known when a process of the application has started once')
  }
  return failing ? exit.findings : exit.ok
}

async function show(
  admin: CronAdmin,
  { terminal, options }: CommandContext,
  [name = '']: readonly string[],
): Promise<ExitCode> {
  const limit = wholeOption(options.limit ?? '20', '--limit', 10_000)
  // What is no state finds nothing; the parser has refused it before.
  const state = options.state as TickStatus['state'] | undefined
  const ticks = await admin.history({ schedule: name, state, limit })
  const schedule = (await admin.schedules()).find((one) => one.name === name)
  if (terminal.wantsJson) terminal.json({ ok: true, schedule, ticks })
  else {
    if (schedule !== undefined) describe(terminal.out, schedule)
    writeTable(
      terminal,
      ['tick', 'kind', 'state', 'attempt', 'began', 'ended'],
      ticks.map((tick) => [
        tick.tick,
        tick.kind,
        stateCell(tick),
        String(tick.attempt),
        shortTime(tick.startedAt),
        shortTime(tick.endedAt),
      ]),
    )
    if (ticks.length === 0) terminal.note('no ticks')
  }
  return exit.ok
}

async function trigger(
  admin: CronAdmin,
  { terminal, options }: CommandContext,
  [name = '']: readonly string[],
): Promise<ExitCode> {
  if (options.dryRun === true) {
    // Asked for its error when there is no such schedule.
    await admin.history({ schedule: name, limit: 1 })
    if (terminal.wantsJson) terminal.json({ ok: true, dryRun: true, count: 1 })
    else terminal.out(toldCount(1, 'tick', 'asked for', true))
    return exit.ok
  }
  const tick = await admin.trigger(name)
  if (terminal.wantsJson) terminal.json({ ok: true, dryRun: false, count: 1, tick })
  else terminal.out(`tick ${tick} asked for; a worker runs it within 5 seconds`)
  return exit.ok
}

function changing(
  noun: string,
  done: string,
  change: (admin: CronAdmin, schedule: string, tick: string | undefined, dryRun: boolean) => Promise<number>,
): StateAction<CronAdmin>['run'] {
  return async (admin, { terminal, options }, [schedule = '', tick]) => {
    const dryRun = options.dryRun === true
    const count = await change(admin, schedule, tick, dryRun)
    if (terminal.wantsJson) terminal.json({ ok: true, dryRun, count })
    else terminal.out(toldCount(count, noun, done, dryRun))
    return exit.ok
  }
}

function describe(
  out: (line?: string) => void,
  { pattern, zone, declared, next, missed, pausedAt, removedAt }: ScheduleStatus,
): void {
  const { catchUp, overlap, attempts, call } = declared
  const caught = typeof catchUp === 'object' ? `all within ${catchUp.withinMs / 1000} s` : catchUp
  out(`${pattern}  ${zone}${call === undefined ? '' : `  calls ${call}`}`)
  out(`overlap ${overlap}, catch-up ${caught}, ${attempts} attempts, ${missed} missed`)
  if (removedAt !== undefined) out(`removed ${shortTime(removedAt)}`)
  else if (pausedAt !== undefined) out(`paused ${shortTime(pausedAt)}`)
  else out(`next ${next.map(shortTime).join(', ')}`)
  out()
}

function nextOf({ next, pausedAt, removedAt }: ScheduleStatus): Cell {
  if (removedAt !== undefined) return { text: 'removed', style: 'dim' }
  if (pausedAt !== undefined) return { text: 'paused', style: 'yellow' }
  return shortTime(next[0])
}

function stateCell({ state, code }: TickStatus): Cell {
  const text = code === undefined ? state : `${state} (${code})`
  if (state === 'failed') return { text, style: 'red' }
  if (state === 'missed' || state === 'cancelled' || code !== undefined) return { text, style: 'yellow' }
  return text
}
