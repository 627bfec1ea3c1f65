// What the application publishes, as JSON lines: one per request, one per thing somebody wrote, ids in each.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { isFootingError, redactUrls } from '@footing/kernel'
import { pino } from 'pino'
import { type RequestRecord, requestChannel } from '../http/mount-route.ts'
import { type LogLevel, type LogRecord, logChannel } from '../work/log.ts'
import { outside } from './line-buffer.ts'
import { defaultRedaction } from './redaction.ts'
import { requestLines } from './request-line.ts'

/** How lines are written. */
export interface LogOptions {
  /** Least level that is written; default `info`. */
  readonly level?: LogLevel
  /** Where lines go; default stdout. Each call gets one line with its end. */
  readonly write?: (line: string) => void
  /** Paths in `fields` whose values are never written, besides the built-in ones; pino's syntax. */
  readonly redact?: readonly string[]
  /** Facts of every line, such as the application and its version. */
  readonly base?: Readonly<Record<string, string>>
}

/** Starts to write; the result stops it and flushes. */
export function writeLogs(options: LogOptions = {}): () => void {
  const output = options.write === undefined ? outside(1) : { write: options.write, close: () => undefined }
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: options.base ?? null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: { paths: [...defaultRedaction, ...(options.redact ?? [])], censor: '[redacted]' },
    },
    // Drivers put addresses into their messages, with what stands in them. A request's line has none.
    { write: (line: string) => output.write(redactUrls(line)) },
  )
  const lineOfRequest = requestLines(options.base ?? {})
  // The channels carry exactly these records; see where each is published.
  const onLog = (message: unknown) => {
    const record = message as LogRecord
    logger[record.level](lineOf(record), record.message)
  }
  const onRequest = (message: unknown) => {
    const record = message as RequestRecord
    const severity = record.status >= 500 ? 'error' : 'info'
    if (logger.isLevelEnabled(severity)) output.write(lineOfRequest(severity, record, Date.now()))
  }
  subscribe(logChannel.name, onLog)
  subscribe(requestChannel.name, onRequest)
  return () => {
    unsubscribe(logChannel.name, onLog)
    unsubscribe(requestChannel.name, onRequest)
    output.close()
  }
}

function lineOf({ module, fields, error, context }: LogRecord): object {
  return {
    ...(module === undefined ? {} : { module }),
    ...(context === undefined
      ? {}
      : {
          requestId: context.requestId,
          traceId: context.traceId,
          ...(context.user === undefined ? {} : { userId: context.user.id }),
          ...(context.operation === undefined ? {} : { operation: context.operation }),
        }),
    ...(fields === undefined ? {} : { fields }),
    ...(error === undefined ? {} : { error: errorFields(error) }),
  }
}

/** Causes nested deeper than this are not written. */
const deepest = 4

function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? 'an object that is no error' : String(error)
  const { message, name, stack, cause } = error
  return {
    name,
    ...(isFootingError(error) ? { code: error.code } : 'code' in error ? { code: String(error.code) } : {}),
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined || depth >= deepest ? {} : { cause: errorFields(cause, depth + 1) }),
  }
}
