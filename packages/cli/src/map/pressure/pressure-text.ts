// Pressure in a terminal: a table of figures, the reasons, one sentence at the end.
import { printable } from '@footing/kernel'
import { padEnd, type Terminal } from '../../command/terminal.ts'
import type { Changes } from './changes.ts'
import type { ModulePressure, Pressure, PressureVerdict } from './judge-pressure.ts'
import type { Load } from './measured.ts'

const unknown = '-'

/** Lines for stdout. */
export function pressureText(
  pressure: Pressure,
  load: Load | undefined,
  changes: Changes | undefined,
  { style }: Pick<Terminal, 'style'>,
): string[] {
  const head = [
    'module',
    'verdict',
    'requests',
    'calls in',
    'per request',
    'loop',
    'database',
    'changes',
    'alone',
    'people',
  ]
  const rows = [head, ...pressure.modules.map(figures)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map((row, index) => {
    const cells = row.map((cell, column) =>
      column < 2 ? padEnd(cell, widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    const line = `  ${cells.join('  ')}`
    return index === 0 ? style(line, 'dim') : line
  })
  const reasons = pressure.modules.flatMap(({ module, reasons: all }) =>
    all.map(
      ({ effect, sentence }) =>
        `  ${style(printable(module), 'bold')}  ${effect === 'for' ? style('out', 'yellow') : 'stay'}  ${printable(sentence)}`,
    ),
  )
  return [
    ...table,
    '',
    `  ${sources(pressure, load, changes)}`,
    ...(reasons.length === 0 ? [] : ['', ...reasons]),
    '',
    printable(pressure.conclusion),
  ]
}

const words: Record<PressureVerdict, string> = { 'take out': 'take out', stay: 'stay', unknown: 'unknown' }

function figures(one: ModulePressure): string[] {
  const { changes } = one
  return [
    printable(one.module),
    words[one.verdict],
    count(one.requests),
    count(one.calls),
    one.callsPerRequest === undefined ? unknown : one.callsPerRequest.toFixed(2),
    share(one.loopShare),
    share(one.statementShare),
    count(changes?.commits),
    changes === undefined || changes.commits === 0 ? unknown : share(changes.alone / changes.commits),
    count(changes?.authors),
  ]
}

function sources(pressure: Pressure, load: Load | undefined, changes: Changes | undefined): string {
  const busy = pressure.utilisation === undefined ? '' : `, event loop ${share(pressure.utilisation)} busy`
  const measured =
    load === undefined
      ? 'no load measured (--metrics)'
      : `load ${load.seconds === undefined ? 'since the start of the process' : `of ${load.seconds} s`}${busy}`
  const history =
    changes === undefined
      ? 'no history of git'
      : `${changes.commits} commits of ${changes.days} days, ${changes.releases} releases`
  return `${measured}; ${history}`
}

const count = (value: number | undefined): string => (value === undefined ? unknown : String(Math.round(value)))
const share = (value: number | undefined): string => (value === undefined ? unknown : `${Math.round(value * 100)} %`)
