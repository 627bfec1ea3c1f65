// Excerpts that are safe as HTML: drivers mark what was found with two characters that no stored text contains.

/** Private characters of Unicode; taken out of every text before it is stored. */
export const highlightStart = '\uE000'
export const highlightEnd = '\uE001'

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  [highlightStart]: '<mark>',
  [highlightEnd]: '</mark>',
}

/** Escapes everything and turns the two marks into `<mark>` elements, always balanced. */
export function markUp(text: string): string {
  const parts = text.split(/([\uE000\uE001])/)
  let open = false
  const kept = parts.filter((part) => {
    if (part !== highlightStart && part !== highlightEnd) return true
    const fits = (part === highlightStart) !== open
    if (fits) open = !open
    return fits
  })
  if (open) kept.push(highlightEnd)
  return kept.join('').replace(/[&<>"'\uE000\uE001]/g, (sign) => escapes[sign] ?? '')
}

// Control characters except tab and line ends: PostgreSQL cannot store U+0000, and none of them can be searched for.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const unwanted = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uE000\uE001]/g

/** Text that every driver can store: well-formed, without control characters and without the marks. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(unwanted, ' ')
}
