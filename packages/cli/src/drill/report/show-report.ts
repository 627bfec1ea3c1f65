// A drill's report for a person at a terminal: one line for each guarantee, then what it cost.
import { counted } from '../../command/counted.ts'
import type { Style, Terminal } from '../../command/terminal.ts'
import { padEnd } from '../../command/terminal.ts'
import { type SaboteurName, saboteurs } from '../judge/saboteur-names.ts'
import type { Outcome, Verdict } from '../judge/verdict.ts'
import { faultInWords } from './make-report.ts'
import type { DrillReport, Times } from './report.ts'

const colours: Readonly<Record<Outcome, Style>> = {
  held: 'green',
  broken: 'red',
  'not exercised': 'yellow',
  'cannot tell': 'yellow',
}

/** Writes it. */
export function showReport(report: DrillReport, terminal: Terminal): void {
  const { style } = terminal
  const { load, verdicts } = report
  terminal.out(style(`${report.drill} on ${report.app}`, 'bold'))
  terminal.out(
    `${counted(load.sent, 'operation')}: ${load.done} done, ${load.refused} refused, ${load.unknown} without an answer, all resolved. ${faultCounts(report)}.`,
  )
  terminal.out()
  for (const verdict of verdicts) {
    terminal.out(`${style(padEnd(verdict.outcome, 13), colours[verdict.outcome])}  ${verdict.promise}`)
    terminal.out(style(`${' '.repeat(15)}${evidenceLine(verdict)}`, 'dim'))
  }
  for (const { claim, first, violations, suspect } of verdicts) {
    if (first === undefined) continue
    terminal.out()
    terminal.out(style(`broken: ${claim}, ${asSuspect(suspect)}`, 'red'))
    terminal.out(`  ${first.operation}: ${first.what} (${counted(violations, 'case')})`)
    for (const line of first.evidence) terminal.out(style(`  ${line}`, 'dim'))
  }
  section(
    terminal,
    'Until things went on',
    report.recovery.map(({ fault, until, times }) => `${times3(times)}  ${fault}: ${until}`),
  )
  section(
    terminal,
    'What users were told instead of an answer',
    report.errors.map(({ phase, fault, count }) => `${String(count).padStart(6)}  ${phase}: ${fault}`),
  )
  section(
    terminal,
    'Time to an acknowledgement',
    report.latency.map(({ phase, times }) => `${times3(times)}  ${phase}`),
  )
  section(
    terminal,
    'Left over',
    Object.entries(report.leftovers).map(([what, count]) => `${String(count).padStart(6)}  ${what}`),
  )
  section(terminal, 'Yours', report.yours)
  section(terminal, "The drill's own", report.probes)
  section(terminal, 'Worth knowing', report.notes)
  section(terminal, 'Would have noticed', [report.wouldNotice.join(', ')])
  section(terminal, 'Versions', [report.versions.join(' · ')])
  terminal.out()
  terminal.out(`again: ${report.repeat}`)
  terminal.out(style(report.outcome, colours[report.outcome]))
}

/** `37 kills of 200 …, floor 30` after the evidence. */
export function evidenceLine({ evidence, met, outcome }: Verdict): string {
  if (met === undefined) return evidence
  const short = outcome === 'not exercised' ? `, and ${met.floor} are needed` : ''
  return `${evidence}; ${met.times} ${met.what}${short}`
}

/** What a broken guarantee looks like. */
export function asSuspect(suspect: SaboteurName | undefined): string {
  return suspect === undefined ? 'as no planted fault would' : `as ${suspect} would (${saboteurs[suspect]})`
}

/** `200 kills, 3 drains`. */
export function faultCounts({ faults }: Pick<DrillReport, 'faults'>): string {
  const groups = Map.groupBy(faults, ({ kind }) => kind)
  return [...groups].map(([kind, all]) => `${all.length} × ${faultInWords(kind)}`).join(', ') || 'no faults'
}

function times3({ p50, p99, max, count }: Times): string {
  return `p50 ${ms(p50)}  p99 ${ms(p99)}  max ${ms(max)}  of ${String(count).padStart(5)}`
}

function ms(value: number): string {
  return (value < 10_000 ? `${value} ms` : `${(value / 1000).toFixed(1)} s`).padStart(8)
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0 || lines.join('') === '') return
  terminal.out()
  terminal.out(terminal.style(title, 'bold'))
  for (const line of lines) terminal.out(`  ${line}`)
}
