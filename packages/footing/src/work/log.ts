// Log lines as published facts: code says what happened, telemetry decides where it is written.
import { channel } from 'node:diagnostics_channel'
import type { Context } from './context.ts'

/** How much a line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Extra facts of a line; JSON values. */
export type LogFields = Readonly<Record<string, unknown>>

/** What code writes to. `error` goes into the line with its code, cause and stack. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields, error?: unknown): void
  error(message: string, fields?: LogFields, error?: unknown): void
}

/** One line, as published on the channel `footing:log`. */
export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  readonly module: string | undefined
  readonly fields: LogFields | undefined
  readonly error: unknown
  readonly context: Context | undefined
}

/** Where log lines are published; without a subscriber they cost nothing and go nowhere. */
export const logChannel = channel('footing:log')

/** Makes the log of one module; `context` finds the ids of the work under way. */
export function createLog(module: string | undefined, context: () => Context | undefined): Log {
  const write = (level: LogLevel, message: string, fields: LogFields | undefined, error: unknown) => {
    if (!logChannel.hasSubscribers) return
    const record: LogRecord = { level, message, module, fields, error, context: context() }
    logChannel.publish(record)
  }
  return {
    debug: (message, fields) => write('debug', message, fields, undefined),
    info: (message, fields) => write('info', message, fields, undefined),
    warn: (message, fields, error) => write('warn', message, fields, error),
    error: (message, fields, error) => write('error', message, fields, error),
  }
}
