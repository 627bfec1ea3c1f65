// What a module's manifest says of its sessions.
import { type Use, use } from '../module/use.ts'
import { type Duration, milliseconds } from '../work/duration.ts'
import type { ModuleSessions } from './contract/contract.ts'
import { sessionErrors } from './contract/errors.ts'

/** How long sessions live. */
export interface SessionsDeclaration {
  /** Without any request; default 2 h. */
  readonly idle?: Duration
  /** From the sign-in on, however busy; default 24 h, at most 90 days. */
  readonly absolute?: Duration
}

/** The same with every choice made. */
export interface DeclaredSessions {
  readonly idleMs: number
  readonly absoluteMs: number
}

const longestMs = 90 * 24 * 3_600_000

/**
 * Gives the module sessions that all processes share: `uses: [sessions({ idle: '2h', absolute: '24h' })]`, then
 * `kit.sessions`.
 * @throws `session-declaration-invalid`
 */
export function sessions({
  idle = '2h',
  absolute = '24h',
}: SessionsDeclaration = {}): Use<'sessions', ModuleSessions, DeclaredSessions> {
  const invalid = (fault: string) => sessionErrors('session-declaration-invalid', { details: { fault } })
  const read = (duration: Duration, name: string) => {
    try {
      return milliseconds(duration)
    } catch {
      throw invalid(`${name} is a duration, such as '2h'.`)
    }
  }
  const [idleMs, absoluteMs] = [read(idle, 'idle'), read(absolute, 'absolute')]
  if (absoluteMs > longestMs) throw invalid('absolute is at most 90 days.')
  if (idleMs < 1000 || idleMs > absoluteMs) throw invalid('idle is between 1 s and absolute.')
  return use('sessions', Object.freeze({ idleMs, absoluteMs }))
}
