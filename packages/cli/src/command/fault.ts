// What a person, or a program, is told when a command could not run.
import { isFootingError, redactUrls } from '@footing/kernel'
import { type ExitCode, exit } from './command.ts'
import type { Terminal } from './terminal.ts'
import { versionLine } from './version.ts'

/** The parts of a fault that can be shown: a coded error has them all, a usage error has no code page. */
export interface Fault {
  readonly code: string
  readonly message: string
  readonly why?: string
  readonly remedy?: string
  readonly details?: readonly string[]
}

/** Reads a thrown value as a fault that the user can repair; undefined when it is a fault of Footing itself. */
export function readFault(error: unknown): Fault | undefined {
  if (!isFootingError(error)) return undefined
  const { code, what, why, remedy, issues } = error
  const details = issues.map((issue) => [issue.pointer, issue.message].filter((part) => part !== '').join(': '))
  return { code, message: what, why, remedy, ...(details.length === 0 ? {} : { details }) }
}

/** A fault as lines for a person; `paint` styles or leaves plain. */
export function renderFault(fault: Fault, paint: Terminal['noteStyle'], trace?: string): readonly string[] {
  const explained = fault.code === 'usage' || fault.code === 'app-failed'
  return [
    `${paint('error', 'red', 'bold')} ${fault.message.trimEnd()}`,
    // Some messages list their faults themselves, each of them once is enough.
    ...(fault.details ?? [])
      .filter((line) => !fault.message.includes(line.slice(line.indexOf(': ') + 2)))
      .map((line) => `  ${line}`),
    ...(fault.why === undefined ? [] : [`  ${paint('why', 'dim')}  ${fault.why}`]),
    ...(fault.remedy === undefined ? [] : [`  ${paint('do', 'dim')}   ${fault.remedy}`]),
    ...(explained ? [] : [`  ${paint(`code ${fault.code} · footing explain ${fault.code}`, 'dim')}`]),
    ...(trace === undefined ? [] : trace.split('\n').map((line) => paint(`  ${line}`, 'dim'))),
  ]
}

/** Shows a fault that the user can repair and gives the exit code for it. */
export function reportFault(terminal: Terminal, fault: Fault): ExitCode {
  if (terminal.wantsJson) terminal.json({ ok: false, error: fault })
  else for (const line of renderFault(fault, terminal.noteStyle)) terminal.fault(line)
  return exit.unable
}

/** Shows a fault of Footing itself as a block that can be pasted into an issue. */
export function reportInternal(terminal: Terminal, error: unknown, argv: readonly string[]): ExitCode {
  // What is pasted into an issue is read by everybody.
  const trace = redactUrls(error instanceof Error ? (error.stack ?? error.message) : String(error))
  if (terminal.wantsJson) {
    const message = redactUrls(error instanceof Error ? error.message : String(error))
    terminal.json({ ok: false, error: { code: 'internal', message, trace, versions: versionLine() } })
    return exit.internal
  }
  terminal.fault(terminal.noteStyle('This is a fault of Footing, not of your project.', 'red', 'bold'))
  terminal.fault('Please report it with this block:')
  terminal.fault()
  terminal.fault(`  ${versionLine()}`)
  terminal.fault(`  footing ${redactUrls(argv.join(' '))}`)
  for (const line of trace.split('\n')) terminal.fault(`  ${line}`)
  return exit.internal
}
