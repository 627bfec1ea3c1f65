// Log records of an application as lines for a screen.
import type { LogLine } from './protocol.ts'
import { explainError, type TraceView } from './source-trace.ts'

/** Reads a record of the channel `footing:log`; undefined for anything else. */
export function readLogRecord(record: unknown, view: TraceView): LogLine | undefined {
  if (typeof record !== 'object' || record === null) return undefined
  const { level, module, message, fields, error, context } = record as Readonly<Record<string, unknown>>
  if (typeof message !== 'string') return undefined
  return {
    level: typeof level === 'string' ? level : 'info',
    module: typeof module === 'string' ? module : undefined,
    message,
    requestId: requestIdOf(context),
    // The trace tells the cause better than its text among the fields.
    fields: fieldText(fields, error === undefined ? [] : ['cause']),
    trace: explainError(error, view),
  }
}

function requestIdOf(context: unknown): string | undefined {
  if (typeof context !== 'object' || context === null || !('requestId' in context)) return undefined
  return typeof context.requestId === 'string' ? context.requestId : undefined
}

function fieldText(fields: unknown, without: readonly string[]): string {
  if (typeof fields !== 'object' || fields === null) return ''
  try {
    return Object.entries(fields)
      .filter(([name]) => !without.includes(name))
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}`)
      .join(' ')
  } catch {
    return '(fields that are not JSON)'
  }
}
