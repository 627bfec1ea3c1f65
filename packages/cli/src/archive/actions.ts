// What footing archive does, one function for each action: it calls the archive and says what came of it.
import type { Archive, ArchiveCondition, ArchiveQuery } from '@footing/core/archive'
import { type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { counted } from '../command/counted.ts'
import { cliErrors } from '../command/errors.ts'

/** An action of the command. */
export type ArchiveAction = (archive: Archive, context: CommandContext, table: string) => Promise<ExitCode>

/** The actions by name. */
export const archiveActions: Readonly<Record<string, ArchiveAction>> = { run, status, verify, query, restore }

/** Actions that name a table in front of the application. */
export const actionsOnTable: ReadonlySet<string> = new Set(['query', 'restore'])

async function run(archive: Archive, { terminal, options, signal }: CommandContext): Promise<ExitCode> {
  const most = options.maxBatches
  const reports = await archive.run({
    signal,
    ...(most === undefined ? {} : { maxBatches: wholeNumber(most, '--max-batches') }),
  })
  if (terminal.wantsJson) terminal.json({ ok: true, tables: reports })
  else {
    for (const { module, table, outcome, rows, batches, leftAlone, abandoned } of reports) {
      const besides = [
        ...(leftAlone > 0 ? [`${leftAlone} changed meanwhile and stay`] : []),
        ...(abandoned > 0
          ? [`${abandoned} unfinished ${abandoned === 1 ? 'file' : 'files'} of an earlier run thrown away`]
          : []),
      ]
      terminal.out(
        `${outcome.padEnd(7)} ${module}.${table}  ${[`${counted(rows, 'row')} in ${counted(batches, 'file')}`, ...besides].join(', ')}`,
      )
    }
  }
  return exit.ok
}

async function status(archive: Archive, { terminal }: CommandContext): Promise<ExitCode> {
  const tables = await archive.status()
  const stuck = tables.some(({ states }) => states.planned ?? states.written ?? states.verified)
  if (terminal.wantsJson) terminal.json({ ok: !stuck, tables })
  else {
    for (const { module, table, states, bytes, due, from, to } of tables) {
      const { rows = 0, batches = 0 } = states.deleted ?? {}
      const time = from === undefined ? '' : `, ${from.slice(0, 10)} to ${to?.slice(0, 10)}`
      terminal.out(
        `${module}.${table}  ${counted(rows, 'row')} in ${counted(batches, 'file')}, ${bytes} bytes${time}; ${counted(due, 'row')} due`,
      )
      for (const state of ['planned', 'written', 'verified'] as const) {
        if (states[state]) terminal.out(`  ${states[state].batches} ${state}: the next run goes on with it`)
      }
    }
  }
  return stuck ? exit.findings : exit.ok
}

async function verify(archive: Archive, { terminal, signal }: CommandContext): Promise<ExitCode> {
  const report = await archive.verify({ signal })
  if (terminal.wantsJson) terminal.json({ ok: report.findings.length === 0, ...report })
  else {
    for (const { object, fault } of report.findings) terminal.out(`${terminal.style(object, 'yellow')}  ${fault}`)
    terminal.out(
      `${counted(report.files, 'file')} with ${counted(report.rows, 'row')} read, ${counted(report.findings.length, 'fault')}`,
    )
  }
  return report.findings.length === 0 ? exit.ok : exit.findings
}

async function query(
  archive: Archive,
  { terminal, options, signal }: CommandContext,
  table: string,
): Promise<ExitCode> {
  const limit = wholeNumber(options.limit ?? '1000', '--limit')
  const rows: unknown[] = []
  // Ends the reading once there are enough; that is told from an interruption by the number of rows.
  const enough = new AbortController()
  const request: ArchiveQuery = {
    ...nameOf(table),
    ...timesOf(options),
    where: listOf(options.where).map(conditionOf),
    live: options.live === true,
    signal: AbortSignal.any([signal, enough.signal]),
    ...(options.columns === undefined ? {} : { columns: String(options.columns).split(',') }),
  }
  let more = false
  try {
    await archive.query(request, (found) => {
      for (const row of found) {
        if (rows.length === limit) {
          more = true
          enough.abort()
          break
        }
        rows.push(printable(row))
        if (!terminal.wantsJson) terminal.out(JSON.stringify(rows.at(-1)))
      }
    })
  } catch (error) {
    if (!enough.signal.aborted) throw error
  }
  if (terminal.wantsJson) terminal.json({ ok: true, more, rows })
  else if (more) terminal.note(`more than ${limit} rows match; the first ${limit} were shown (--limit)`)
  return exit.ok
}

async function restore(archive: Archive, { terminal, options }: CommandContext, table: string): Promise<ExitCode> {
  const rows = await archive.restore({
    ...nameOf(table),
    ...timesOf(options),
    withoutColumns: listOf(options.withoutColumn),
  })
  if (terminal.wantsJson) terminal.json({ ok: true, rows })
  else terminal.out(`${counted(rows, 'row')} back in ${table}`)
  return exit.ok
}

/**
 * Module and table of `module.table`.
 * @throws `archive-option-wrong`
 */
export function nameOf(text: string): { module: string; table: string } {
  const dot = text.indexOf('.')
  if (dot < 1 || dot === text.length - 1 || text.includes('/'))
    throw wrong('the table', text, 'module.table, for example content.article')
  return { module: text.slice(0, dot), table: text.slice(dot + 1) }
}

function timesOf({ from, to }: CommandContext['options']): { from?: Date; to?: Date } {
  return {
    ...(from === undefined ? {} : { from: dateOf(from, '--from') }),
    ...(to === undefined ? {} : { to: dateOf(to, '--to') }),
  }
}

function dateOf(value: unknown, flag: string): Date {
  const date = new Date(String(value))
  if (Number.isNaN(date.getTime()))
    throw wrong(flag, String(value), 'a date such as 2026-01-31 or 2026-01-31T10:00:00Z')
  return date
}

function conditionOf(text: string): ArchiveCondition {
  const match = /^([^<>=]+)(<=|>=|=|<|>)(.*)$/s.exec(text)
  if (match === null) throw wrong('--where', text, 'column=value, or < <= > >= in place of =')
  const [, column = '', is = '=', value = ''] = match
  return { column, is: is as ArchiveCondition['is'], value } // the pattern admits these five only
}

// Binary values as PostgreSQL writes them; everything else has a form in JSON.
function printable(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const cells = Object.entries(row).map(([name, value]) => [
    name,
    Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value,
  ])
  return Object.fromEntries(cells)
}

function wholeNumber(value: unknown, flag: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 1_000_000)
    throw wrong(flag, String(value), 'a whole number from 1 to 1000000')
  return number
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)]
}

function wrong(what: string, given: string, wanted: string): Error {
  return cliErrors('archive-option-wrong', { details: { what, given: JSON.stringify(given.slice(0, 80)), wanted } })
}
