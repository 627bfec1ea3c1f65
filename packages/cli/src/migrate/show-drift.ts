// The words of `footing migrate check`.

import { type ExitCode, exit } from '../command/command.ts'
import { counted } from '../command/counted.ts'
import type { Terminal } from '../command/terminal.ts'
import { type DriftReport, notAskedFor } from './find-drift.ts'

const longest = 400

/** Shows a report; the exit code is 1 when anything differs. */
export function showDrift(terminal: Terminal, report: DriftReport): ExitCode {
  const { drift, stale, modules, databaseSkipped, dumpTrusted } = report
  const ok = drift.length + stale.length === 0
  if (terminal.wantsJson) terminal.json({ ok, ...report })
  else {
    for (const { module, subject, kind, place, expected, found, migration, remedy } of drift) {
      terminal.out(`${terminal.style(kind, 'yellow')}  ${terminal.style(`${module}: ${subject}`, 'bold')}  (${place})`)
      if (expected !== undefined) terminal.out(`  expected  ${cut(expected)}`)
      if (found !== undefined) terminal.out(`  found     ${cut(found)}`)
      terminal.out(`  from      ${migration ?? 'no migration names it'}`)
      terminal.out(`  do        ${remedy}`)
    }
    for (const { path, what, remedy } of stale) {
      terminal.out(`${terminal.style(path, 'bold')} ${what}`)
      terminal.out(`  do        ${remedy}`)
    }
    if (databaseSkipped !== undefined && databaseSkipped !== notAskedFor)
      terminal.note(`the database was not compared: ${databaseSkipped}`)
    if (dumpTrusted !== undefined)
      terminal.note(`the database was compared with schema.sql, because nothing could be built here: ${dumpTrusted}`)
    const differences = counted(drift.length + stale.length, 'difference')
    terminal.out(ok ? `no drift in ${counted(modules, 'module')}` : differences)
  }
  return ok ? exit.ok : exit.findings
}

function cut(text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)} …` : text
  return shown.replaceAll('\n', '\n            ')
}
