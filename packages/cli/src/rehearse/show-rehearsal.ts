// A rehearsal for a person: what broke, what crossed the wire, what to set.
import type { RehearsalNotes } from '@footing/core/testing'
import { counted } from '../command/counted.ts'
import type { Terminal } from '../command/terminal.ts'
import type { Deployment } from './deployment.ts'
import type { RehearsalFinding } from './findings.ts'
import type { TestFailure } from './run-tests.ts'

/** Everything that a rehearsal found out. */
export interface RehearsalResult {
  readonly ok: boolean
  readonly module: string
  readonly command: string
  readonly tests: { readonly passed: number | null; readonly failed: number }
  /** Tests that fail with everything in one process too: they say nothing about the boundary. */
  readonly failedAnyway: readonly TestFailure[]
  readonly findings: readonly RehearsalFinding[]
  readonly remarks: readonly string[]
  readonly roundTripMs: number
  readonly notes: RehearsalNotes
  readonly deployment: Deployment
}

const mostRoutes = 8

/** Writes it. */
export function showRehearsal(result: RehearsalResult, terminal: Terminal): void {
  const { style } = terminal
  const { module, notes, findings, tests } = result
  const { duplicates, lost, restarts } = notes.disturbed
  const tested = tests.passed === null ? '' : `${counted(tests.passed, 'test')} passed, ${tests.failed} failed. `
  terminal.out(style(`${module} in a process of its own`, 'bold'))
  terminal.out(
    `${tested}${counted(duplicates, 'call')} arrived twice, ${lost} lost ${lost === 1 ? 'its' : 'their'} answer, ${counted(restarts, 'restart')}.`,
  )

  for (const { kind, where, what, why, remedy } of findings) {
    terminal.out()
    terminal.out(`${style(kind, 'red')}  ${where}`)
    terminal.out(`  ${what}`)
    terminal.out(style(`  ${why}`, 'dim'))
    terminal.out(`  ${remedy}`)
  }
  for (const { name, message } of result.failedAnyway) {
    terminal.out()
    terminal.out(`${style('fails in one process too', 'yellow')}  ${name}`)
    terminal.out(`  ${message}`)
  }
  showCalls(result, terminal)
  section(terminal, 'Worth knowing', result.remarks)
  section(terminal, `Environment of the application without ${module}`, result.deployment.application)
  section(terminal, `Environment of ${module}`, result.deployment.module)
  terminal.out()
  terminal.out(
    findings.length === 0 ? style('nothing breaks', 'green') : style(counted(findings.length, 'finding'), 'red'),
  )
}

function showCalls({ notes, roundTripMs }: RehearsalResult, terminal: Terminal): void {
  const operations = Object.entries(notes.calls)
  section(
    terminal,
    'Calls between the processes',
    operations.map(([operation, { calls, codes, idempotent }]) => {
      const failed = Object.entries(codes).map(([code, count]) => `${code} ${count}`)
      const kind = idempotent ? '' : ', not idempotent'
      return `${String(calls).padStart(5)}  ${operation}${kind}${failed.length === 0 ? '' : `  (${failed.join(', ')})`}`
    }),
  )
  section(
    terminal,
    `What that costs a request, at ${roundTripMs} ms for a way there and back`,
    notes.routes.slice(0, mostRoutes).map(({ route, requests, calls, most }) => {
      const average = calls / requests
      const cost = `${round(average)} × ${roundTripMs} ms = ${round(average * roundTripMs)} ms, at most ${round(most * roundTripMs)} ms`
      return `${cost.padEnd(44)}  ${route}`
    }),
  )
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  terminal.out()
  terminal.out(terminal.style(title, 'bold'))
  for (const line of lines) terminal.out(`  ${line}`)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
