// Tokens: who is asking, signed, for a limited time.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** Signs and reads tokens with one secret. */
export interface Tokens {
  /** A token that names the account until it expires. */
  issue(accountId: string): string
  /** The account a token names, or undefined when it is forged, expired, or not ours. Never throws. */
  read(token: string): string | undefined
}

/** What tokens need. */
export interface TokenSettings {
  /** Shared secret, at least 32 bytes. */
  readonly secret: string
  readonly lifetimeSeconds: number
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const issuer = 'conduit'

/** Longest header worth reading: ours have some 200 characters. */
const longestToken = 4096

// `crit` names what a reader has to understand, and this one understands nothing more.
const header = z.object({ alg: z.literal('HS256'), crit: z.undefined().optional() })
const claims = z.object({
  iss: z.literal(issuer),
  sub: z.string().regex(/^[1-9]\d{0,17}$/),
  exp: z.number(),
  nbf: z.number().optional(),
})

/**
 * Makes the signer and reader of JWTs (RFC 7519). HS256 and nothing else: a token that asks for another algorithm is forged.
 * The signature is computed at once: Web Crypto would send these two hundred bytes to another thread and back, which costs
 * each request more than its own query.
 */
export function createTokens({ secret, lifetimeSeconds, now }: TokenSettings): Tokens {
  const key = createSecretKey(secret, 'utf8')
  const sign = (content: string) => createHmac('sha256', key).update(content).digest('base64url')
  return {
    issue(accountId) {
      const issuedAt = Math.floor(now() / 1000)
      const said = { sub: accountId, iss: issuer, iat: issuedAt, exp: issuedAt + lifetimeSeconds }
      const content = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(said)}`
      return `${content}.${sign(content)}`
    },
    // Why it was refused is of use to nobody but a forger.
    read(token) {
      if (token.length > longestToken) return undefined
      const [head = '', body = '', signature = '', ...more] = token.split('.')
      // Compared as they are written: another spelling of the same bytes is not ours.
      const [given, right] = [Buffer.from(signature), Buffer.from(sign(`${head}.${body}`))]
      // Nothing that a stranger wrote is parsed before its signature is known to be ours.
      if (more.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      if (!header.safeParse(decoded(head)).success) return undefined
      const { data } = claims.safeParse(decoded(body))
      const seconds = Math.floor(now() / 1000)
      if (data === undefined || data.exp <= seconds || (data.nbf ?? seconds) > seconds) return undefined
      return data.sub
    },
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch {
    return undefined
  }
}
