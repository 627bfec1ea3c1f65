// The cookie of a session, and what a request shows of it.
import { createHash, randomBytes } from 'node:crypto'
import type { RequestHeaders } from './contract/contract.ts'
import { sessionErrors } from './contract/errors.ts'

// The prefix makes browsers refuse it from another host, another path or an unprotected page.
const cookieName = '__Host-session'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'

/** A token of 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What the store knows of a token. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** `Set-Cookie` for a token that lives for so long at most. */
export function cookieOf(token: string, endsAt: Date, now: number): string {
  const seconds = Math.max(0, Math.floor((endsAt.getTime() - now) / 1000))
  return `${cookieName}=${token}; ${attributes}; Max-Age=${seconds}`
}

/** `Set-Cookie` that takes it away. */
export const noCookie = `${cookieName}=; ${attributes}; Max-Age=0`

/** The digest of the token that a request shows. Two cookies of the name are as good as none: one of them was planted. */
export function shownBy(headers: RequestHeaders): string | undefined {
  const header = headers.cookie
  const text = typeof header === 'string' ? header : (header ?? []).join('; ')
  const tokens = text.split(';').flatMap((pair) => {
    const [name, value = ''] = pair.split('=', 2).map((part) => part.trim())
    return name === cookieName ? [value] : []
  })
  const [token] = tokens
  return tokens.length === 1 && token !== undefined && /^[A-Za-z0-9_-]{43}$/.test(token) ? digestOf(token) : undefined
}

/**
 * Refuses what a page of another origin makes a browser send. What changes nothing may come from a link.
 * @throws `session-from-elsewhere`
 */
export function refuseElsewhere(method: string, headers: RequestHeaders): void {
  const safe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  const site = headers['sec-fetch-site']
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return
    // Following a link is no forgery; reading the answer from a script of another page would be.
    if (safe && headers['sec-fetch-mode'] === 'navigate') return
    throw sessionErrors('session-from-elsewhere')
  }
  // Browsers that do not say it, and programs: those that send an origin have to be this one.
  const { origin, host } = headers
  if (origin === undefined) return
  if (typeof origin === 'string' && typeof host === 'string' && hostOf(origin) === host.toLowerCase()) return
  throw sessionErrors('session-from-elsewhere')
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
