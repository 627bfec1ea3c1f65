// The headers that every answer carries, set in one place.

/**
 * Security headers of every answer; an answer that sets one itself replaces it. They are those that matter for JSON:
 * the rest of the usual list speaks of pages, and every header costs time in every answer.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}

/** For an answer that leaves over TLS: browsers ignore it otherwise (RFC 6797, section 8.1). One year. */
export const transportSecurity = 'max-age=31536000'
