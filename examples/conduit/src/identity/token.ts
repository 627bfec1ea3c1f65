// Tokens: who is asking, signed, for a limited time.
import { jwtVerify, SignJWT } from 'jose'

/** Signs and reads tokens with one secret. */
export interface Tokens {
  /** A token that names the account until it expires. */
  issue(accountId: string): Promise<string>
  /** The account a token names, or undefined when it is forged, expired, or not ours. Never throws. */
  read(token: string): Promise<string | undefined>
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

/** Makes the JWT signer and reader. HS256 and nothing else: a token that asks for another algorithm is forged. */
export function createTokens({ secret, lifetimeSeconds, now }: TokenSettings): Tokens {
  const key = new TextEncoder().encode(secret)
  return {
    issue(accountId) {
      const issuedAt = Math.floor(now() / 1000)
      return new SignJWT()
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(accountId)
        .setIssuer(issuer)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(key)
    },
    async read(token) {
      if (token.length > longestToken) return undefined
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          issuer,
          requiredClaims: ['sub', 'exp'],
          currentDate: new Date(now()),
        })
        return /^[1-9]\d{0,17}$/.test(payload.sub ?? '') ? payload.sub : undefined
      } catch {
        // Why it was refused is of use to nobody but a forger.
        return undefined
      }
    },
  }
}
