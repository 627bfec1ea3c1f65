// What footing jobs does, one function for each action.
import {
  type JobSelection,
  type JobState,
  type JobsAdmin,
  jobStates,
  type SelectionResult,
  type ShownJob,
} from '@footing/core/tooling'
import { nearest } from '@footing/kernel'
import { type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { type StateAction, wholeOption } from './state-actions.ts'
import { type Cell, shortTime, toldCount, writeTable } from './table.ts'

/** The actions by name. */
export const jobsActions: Readonly<Record<string, StateAction<JobsAdmin>>> = {
  list: { usage: '', words: [0, 0], run: list },
  show: { usage: '<module.job or id>', words: [1, 1], run: show },
  retry: { usage: '<module.job or id>', words: [1, 1], run: changing('run again', (admin, jobs) => admin.retry(jobs)) },
  cancel: {
    usage: '<module.job or id>',
    words: [1, 1],
    run: changing('cancelled', (admin, jobs) => admin.cancel(jobs)),
  },
  pause: { usage: '<module.job>', words: [1, 1], run: switching(true) },
  resume: { usage: '<module.job>', words: [1, 1], run: switching(false) },
}

async function list(admin: JobsAdmin, { terminal }: CommandContext): Promise<ExitCode> {
  const queues = await admin.counts()
  const failed = queues.some((queue) => queue.failed > 0)
  if (terminal.wantsJson) terminal.json({ ok: !failed, driver: admin.driver, queues })
  else {
    writeTable(
      terminal,
      ['job', 'waiting', 'delayed', 'running', 'failed', 'oldest'],
      queues.map(({ name, waiting, delayed, running, failed: dead, oldestSeconds, paused }) => [
        paused ? { text: `${name} (paused)`, style: 'yellow' } : name,
        String(waiting),
        String(delayed),
        String(running),
        dead > 0 ? { text: String(dead), style: 'red' } : '0',
        waiting > 0 ? `${Math.round(oldestSeconds)} s` : '-',
      ]),
    )
    if (queues.length === 0)
      terminal.note('no jobs yet: they are known when a process of the application has started once')
  }
  return failed ? exit.findings : exit.ok
}

async function show(
  admin: JobsAdmin,
  { terminal, options }: CommandContext,
  [word = '']: readonly string[],
): Promise<ExitCode> {
  const limit = wholeOption(options.limit ?? '50', '--limit', 1000)
  if (!isName(word)) {
    const job = await admin.show(word)
    if (job === undefined) throw unknown(word, [])
    if (terminal.wantsJson) terminal.json({ ok: true, job })
    else describe(terminal.out, job)
    return exit.ok
  }
  const name = await knownName(admin, word)
  const state = jobStates.find((one): one is JobState => one === options.state)
  const jobs = await admin.list({ name, limit, ...(state === undefined ? {} : { state }) })
  if (terminal.wantsJson) terminal.json({ ok: true, jobs })
  else {
    writeTable(
      terminal,
      ['id', 'state', 'attempt', 'added', 'at', 'key'],
      jobs.map(({ id, state: is, code, attempt, attempts, addedAt, at, key }) => [
        id,
        stateCell(is, code),
        `${attempt} of ${attempts}`,
        shortTime(addedAt.toISOString()),
        shortTime(at.toISOString()),
        key ?? '-',
      ]),
    )
    if (jobs.length === 0) terminal.note('no such jobs')
  }
  return exit.ok
}

function changing(
  done: string,
  change: (admin: JobsAdmin, jobs: JobSelection) => Promise<SelectionResult>,
): StateAction<JobsAdmin>['run'] {
  return async (admin, { terminal, options }, [word = '']) => {
    const dryRun = options.dryRun === true
    const named = isName(word)
    const { matched } = await change(admin, {
      dryRun,
      ...(named ? { name: await knownName(admin, word) } : { ids: [word] }),
    })
    if (!named && matched === 0 && (await admin.show(word)) === undefined) throw unknown(word, [])
    if (terminal.wantsJson) terminal.json({ ok: true, dryRun, count: matched })
    else terminal.out(toldCount(matched, 'job', done, dryRun))
    return exit.ok
  }
}

function switching(pause: boolean): StateAction<JobsAdmin>['run'] {
  return async (admin, { terminal, options }, [word = '']) => {
    const name = await knownName(admin, word)
    const dryRun = options.dryRun === true
    const isPaused = (await admin.counts()).some((queue) => queue.name === name && queue.paused)
    if (!dryRun) await (pause ? admin.pause(name) : admin.resume(name))
    const count = isPaused === pause ? 0 : 1
    if (terminal.wantsJson) terminal.json({ ok: true, dryRun, count })
    else terminal.out(toldCount(count, 'queue', pause ? 'paused' : 'resumed', dryRun))
    return exit.ok
  }
}

/** `mail.welcome` is a name; no store has a dot in an id. */
function isName(word: string): boolean {
  return word.includes('.')
}

/** @throws `state-name-unknown` for a job that the store has no queue of */
async function knownName(admin: JobsAdmin, word: string): Promise<string> {
  const names = (await admin.counts()).map(({ name }) => name)
  if (names.includes(word)) return word
  throw unknown(word, names)
}

function unknown(word: string, names: readonly string[]): Error {
  const meant = nearest(word, names)
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  const details = {
    what: 'job',
    name: JSON.stringify(word.slice(0, 80)),
    hint,
    command: 'jobs',
    known: names.join(', ') || 'none',
  }
  return cliErrors('state-name-unknown', { details })
}

function describe(out: (line?: string) => void, job: ShownJob): void {
  out(`${job.name}  ${job.id}`)
  out(`${job.state}, attempt ${job.attempt} of ${job.attempts}, added ${shortTime(job.addedAt.toISOString())}`)
  if (job.code !== undefined) out(`${job.code}: ${job.message ?? ''}`)
  if (job.key !== undefined) out(`key ${job.key}`)
  if (job.waitsFor.length > 0) out(`waits for ${job.waitsFor.join(', ')}`)
  if (job.progress !== undefined) out(`progress ${JSON.stringify(job.progress)}`)
  if (job.requestId !== undefined) out(`request ${job.requestId}, trace ${job.traceId ?? '-'}`)
  out(`payload ${JSON.stringify(job.payload)}`)
}

function stateCell(state: JobState, code: string | undefined): Cell {
  const text = code === undefined || state === 'done' ? state : `${state} (${code})`
  if (state === 'failed') return { text, style: 'red' }
  return state === 'cancelled' || code !== undefined ? { text, style: 'yellow' } : text
}
