// Text of a repository inside HTML or SVG.

/** Escapes what has a meaning in markup and drops control characters, which no XML may hold. */
export const escapeMarkup = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
