// Text as HTML.
import { printable } from '@footing/kernel'

/** Text in HTML, also within double quotes. Control characters are shown as escapes; line breaks of ours are kept. */
export function esc(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A sentence in HTML: what stands between backticks becomes code. */
export function prose(text: string): string {
  return esc(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
