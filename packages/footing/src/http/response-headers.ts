// The headers that every answer carries, set in one place.
import type { Profile } from '../module/profile.ts'

/**
 * Headers of every answer; an answer that sets one itself replaces it. They are those that matter for JSON: the rest
 * of the usual list speaks of pages, and every header costs time in every answer.
 */
export function securityHeaders(profile: Profile): Readonly<Record<string, string>> {
  return {
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    ...(profile === 'production' ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}
