// The headers that every answer carries, set in one place.
import type { Profile } from '../module/profile.ts'

/** Headers of every answer by lower-case name; an answer that sets one itself keeps its own. */
export function securityHeaders(profile: Profile): readonly (readonly [name: string, value: string])[] {
  return [
    ['x-content-type-options', 'nosniff'],
    ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
    ['referrer-policy', 'no-referrer'],
    ['cache-control', 'no-store'],
    ...(profile === 'production' ? ([['strict-transport-security', 'max-age=31536000']] as const) : []),
  ]
}
