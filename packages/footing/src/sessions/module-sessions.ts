// The sessions of one module: cookies become digests, digests become users.
import { randomUUID } from 'node:crypto'
import type { Clock } from '@footing/kernel'
import type { BeginOptions, IssuedSession, ModuleSessions, RequestHeaders, SessionStore } from './contract/contract.ts'
import { sessionErrors } from './contract/errors.ts'
import { cookieOf, digestOf, newToken, noCookie, refuseElsewhere, shownBy } from './session-cookie.ts'
import type { DeclaredSessions } from './use-sessions.ts'

/** How long requests that are on their way may show the token before. */
const graceMs = 10_000

/** Binds sessions to what a module has declared. */
export function moduleSessions(
  store: SessionStore,
  { idleMs, absoluteMs }: DeclaredSessions,
  clock: Clock,
): ModuleSessions {
  const asked = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((cause: unknown) => {
      throw sessionErrors('sessions-away', { cause })
    })
  const find = async (headers: RequestHeaders) => {
    const digest = shownBy(headers)
    return digest === undefined ? undefined : asked(store.find(digest, idleMs))
  }
  const issued = (token: string, session: IssuedSession['session']): IssuedSession => ({
    cookie: cookieOf(token, session.endsAt, clock.now()),
    session,
  })
  return {
    async authenticate({ headers, method }) {
      // Without the cookie there is nothing that a page of another origin could misuse.
      if (shownBy(headers) === undefined) return undefined
      refuseElsewhere(method, headers)
      const session = await find(headers)
      return session === undefined ? undefined : { id: session.user }
    },
    async begin(user, { headers, about = '' }: BeginOptions) {
      const session = { id: randomUUID(), user: userOf(user), about: shortened(about), idleMs, absoluteMs }
      const shown = shownBy(headers)
      const token = newToken()
      const added = await asked(store.add({ ...session, digest: digestOf(token) }))
      if (shown !== undefined) await asked(store.end(shown))
      return issued(token, added)
    },
    current: find,
    async rotate(headers) {
      const shown = shownBy(headers)
      if (shown === undefined) return undefined
      const token = newToken()
      const session = await asked(store.rotate(shown, digestOf(token), graceMs))
      return session === undefined ? undefined : issued(token, session)
    },
    async end(headers) {
      const shown = shownBy(headers)
      if (shown !== undefined) await asked(store.end(shown))
      return noCookie
    },
    list: (user) => asked(store.list(user)),
    revoke: async (user, id) => (await asked(store.endOf(user, [id], undefined))) > 0,
    revokeAll: (user, { except } = {}) =>
      asked(store.endOf(user, undefined, except === undefined ? undefined : shownBy(except))),
  }
}

/** @throws `session-user-invalid` */
function userOf(user: string): string {
  const refuse = (fault: string) => sessionErrors('session-user-invalid', { details: { fault } })
  if (typeof user !== 'string' || user === '') throw refuse('nobody')
  if (user.length > 200) throw refuse('an id of more than 200 characters')
  if (!user.isWellFormed() || user.includes('\0')) throw refuse('an id that is no well-formed text')
  return user
}

/** What a device says of itself may be anything. */
function shortened(about: string): string {
  return about.toWellFormed().replaceAll('\0', '').slice(0, 200).toWellFormed()
}
