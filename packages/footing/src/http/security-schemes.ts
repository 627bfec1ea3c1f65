// How a user is known: one place for what the description says, what a 401 asks for, and what is taken.
import type { HttpOptions } from './http-options.ts'

type SecurityOptions = Pick<HttpOptions, 'schemes' | 'security'>
type Described = Readonly<Record<string, string>>

/** Schemes of the HTTP registry that a description may name as they are; others are described as a key in the header. */
const registered = new Set(['basic', 'bearer', 'digest', 'dpop', 'gnap', 'hoba', 'mutual', 'negotiate', 'privatetoken'])

const defaultSchemes = ['Bearer']

/** The security schemes of the description, by name. */
export function securitySchemes({
  schemes = defaultSchemes,
  security,
}: SecurityOptions): Readonly<Record<string, Described>> {
  if (security !== undefined) return { user: security }
  return Object.fromEntries(schemes.map((scheme) => [scheme, described(scheme)]))
}

function described(scheme: string): Described {
  const name = scheme.toLowerCase()
  if (registered.has(name)) return { type: 'http', scheme: name }
  const description = `The word ${scheme}, a blank and the token.`
  return { type: 'apiKey', in: 'header', name: 'Authorization', description }
}

/** The value of `www-authenticate`. */
export function challengeOf({ schemes, security }: SecurityOptions): string {
  if (schemes !== undefined) return schemes.join(', ')
  return security?.type === 'http' || security === undefined ? (security?.scheme ?? 'Bearer') : 'ApiKey'
}
