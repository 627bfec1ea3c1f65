// What a person, or a program, is told when a command could not run.
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
  if (!(error instanceof Error)) return undefined
  const code = field(error, 'code')
  const remedy = field(error, 'remedy') ?? field(error, 'do')
  if (code === undefined || remedy === undefined) return undefined
  const why = field(error, 'why')
  return { code, message: error.message, ...(why === undefined ? {} : { why }), remedy }
}

/** Shows a fault that the user can repair and gives the exit code for it. */
export function reportFault(terminal: Terminal, fault: Fault): ExitCode {
  if (terminal.wantsJson) {
    terminal.json({ ok: false, error: fault })
    return exit.unable
  }
  terminal.fault(`${terminal.noteStyle('error', 'red', 'bold')} ${fault.message}`)
  for (const line of fault.details ?? []) terminal.fault(`  ${line}`)
  if (fault.why !== undefined) terminal.fault(`  ${terminal.noteStyle('why', 'dim')}  ${fault.why}`)
  if (fault.remedy !== undefined) terminal.fault(`  ${terminal.noteStyle('do', 'dim')}   ${fault.remedy}`)
  if (fault.code !== 'usage') {
    terminal.fault(`  ${terminal.noteStyle(`code ${fault.code} · footing explain ${fault.code}`, 'dim')}`)
  }
  return exit.unable
}

/** Shows a fault of Footing itself as a block that can be pasted into an issue. */
export function reportInternal(terminal: Terminal, error: unknown, argv: readonly string[]): ExitCode {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (terminal.wantsJson) {
    const message = error instanceof Error ? error.message : String(error)
    terminal.json({ ok: false, error: { code: 'internal', message, trace, versions: versionLine() } })
    return exit.internal
  }
  terminal.fault(terminal.noteStyle('This is a fault of Footing, not of your project.', 'red', 'bold'))
  terminal.fault('Please report it with this block:')
  terminal.fault()
  terminal.fault(`  ${versionLine()}`)
  terminal.fault(`  footing ${argv.join(' ')}`)
  for (const line of trace.split('\n')) terminal.fault(`  ${line}`)
  return exit.internal
}

function field(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}
