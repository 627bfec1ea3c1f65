// Turns what the driver and the server throw into coded errors that hold no secret.
import { type FootingError, isFootingError } from '@footing/kernel'
import type { RedisPlace } from './contract/contract.ts'
import { redisErrors } from './contract/errors.ts'
import { addressOf } from './redis-url.ts'

/** What is known of the command that failed. */
export interface FailedCommand {
  readonly module: string
  readonly command: string
  readonly timeoutMs: number
  readonly place: RedisPlace
}

/** The coded error for any error; coded errors pass through. */
export function translateRedisError(error: unknown, failed: FailedCommand): FootingError {
  if (isFootingError(error)) return error
  const { place, command, module, timeoutMs } = failed
  const reason = withoutSecrets(error instanceof Error ? error.message : String(error), place)
  const details = { reason: sentence(reason), address: addressOf(place), command, module, ms: timeoutMs }
  const kind = kindOf(reason)
  // The driver's own error carries the command with its arguments, a password among them: only its words go on.
  return redisErrors(kind, { details: only(kind, details), cause: new Error(reason) })
}

/** True for errors that say that Redis is not there, so that a circuit counts them. */
export function isAway(error: unknown): boolean {
  return (
    isFootingError(error, 'redis-away') ||
    isFootingError(error, 'redis-timeout') ||
    isFootingError(error, 'redis-refused')
  )
}

type Code = Parameters<typeof redisErrors>[0]

const byWord: readonly (readonly [RegExp, Code])[] = [
  [/command timed out/i, 'redis-timeout'],
  [/^(NOAUTH|WRONGPASS|NOPROTO|ERR invalid password|ERR AUTH)|without any password configured/i, 'redis-refused'],
  [/^(OOM|MISCONF)/, 'redis-full'],
  [/^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|UNKILLABLE|BUSY|NOREPLICAS|MOVED|ASK)\b/, 'redis-away'],
  [/^[A-Z]{3,}( |$)/, 'redis-command-failed'],
]

// Everything that is not an answer of the server is a connection that is not there.
function kindOf(message: string): Code {
  return byWord.find(([words]) => words.test(message))?.[1] ?? 'redis-away'
}

function only(kind: Code, details: Readonly<Record<string, string | number>>): Record<string, string | number> {
  const { what, why, remedy } = redisErrors.table[kind]
  const named = new Set([...`${what} ${why} ${remedy}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
  return Object.fromEntries(Object.entries(details).filter(([name]) => named.has(name)))
}

const longest = 300

function withoutSecrets(text: string, { password, sentinelPassword }: RedisPlace): string {
  let shown = text
  for (const secret of [password, sentinelPassword]) {
    if (secret !== undefined && secret !== '') shown = shown.replaceAll(secret, '***')
  }
  return shown.slice(0, longest)
}

function sentence(text: string): string {
  const trimmed = text.trim()
  if (trimmed === '') return 'there is no connection.'
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
