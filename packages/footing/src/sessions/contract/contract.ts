// What sessions promise to a module, and what a store of them has to do for it.
import type { Authenticate } from '../../module/implement.ts'

/** What a driver can promise: `guarantees: { sessions: ['durable'] }`. */
export const sessionGuarantees = ['durable', 'shared', 'revokedAtOnce', 'hashedAtRest'] as const

/** Headers of a request, as routes and `authenticate` get them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** What a person sees of one of their sessions. */
export interface Session {
  /** Names the session in lists and for `revoke`; no proof of anything. */
  readonly id: string
  readonly user: string
  /** What the module said of it at the beginning, such as the kind of device; shown to its owner. */
  readonly about: string
  readonly createdAt: Date
  /** Last use, at most a minute behind. */
  readonly seenAt: Date
  /** It ends at this time, also when it is used until then. */
  readonly endsAt: Date
}

/** What `begin` takes. */
export interface BeginOptions {
  /** Of the request that signs in: the session that it shows is ended, so that nobody can plant one. */
  readonly headers: RequestHeaders
  /** At most 200 characters of it are kept. */
  readonly about?: string
}

/** A session that has begun, or goes on under another token. */
export interface IssuedSession {
  /** Value of the `Set-Cookie` header. */
  readonly cookie: string
  readonly session: Session
}

/** The sessions of one module. */
export interface ModuleSessions {
  /** Who sends a request, by its cookie; hand it on as the module's `authenticate`. @throws `session-from-elsewhere`, `sessions-away` */
  readonly authenticate: Authenticate
  /** Begins a session for somebody who has just proved who they are. */
  begin(user: string, options: BeginOptions): Promise<IssuedSession>
  /** The session that a request shows; undefined when it shows none that lives. */
  current(headers: RequestHeaders): Promise<Session | undefined>
  /**
   * Goes on under a new token, for example when rights have grown; requests that are on their way with the old one are
   * answered for 10 s more. Undefined when the session does not live or another request has just done it.
   */
  rotate(headers: RequestHeaders): Promise<IssuedSession | undefined>
  /** Ends the session that a request shows; the result is the `Set-Cookie` that takes the cookie away. */
  end(headers: RequestHeaders): Promise<string>
  /** All sessions of somebody that live, newest first, at most 1000. */
  list(user: string): Promise<readonly Session[]>
  /** Ends one of them; false when it was none of theirs. */
  revoke(user: string, id: string): Promise<boolean>
  /** Ends all of them but the one that `except` shows: after a new password. Answers with how many. */
  revokeAll(user: string, options?: { readonly except?: RequestHeaders }): Promise<number>
}

/** A session as the store keeps it: by the digest of its token. */
export interface NewSession {
  readonly digest: string
  readonly id: string
  readonly user: string
  readonly about: string
  readonly idleMs: number
  readonly absoluteMs: number
}

/** Keeps sessions for all processes, by its own clock. */
export interface SessionStore {
  readonly name: string
  add(session: NewSession): Promise<Session>
  /** The session of a token, which lives on for `idleMs` from now; written at most once a minute. */
  find(digest: string, idleMs: number): Promise<Session | undefined>
  /** Gives the session another token; the old one works for `graceMs` more. Undefined when it has no life or another token already. */
  rotate(digest: string, next: string, graceMs: number): Promise<Session | undefined>
  /** Ends the session of a token. */
  end(digest: string): Promise<void>
  list(user: string): Promise<readonly Session[]>
  /** Ends those of these ids, or all when left out, but never the one of the digest `except`. */
  endOf(user: string, ids: readonly string[] | undefined, except: string | undefined): Promise<number>
  /** Removes what has ended; answers with how many. */
  sweep?(): Promise<number>
}
