// JSON of others: parsed only when it is neither nested without end nor made of brackets alone, which cost a parser a
// hundred times as much as text of the same length.

/** What a text may hold. */
export interface JsonLimits {
  /** Objects and lists inside of each other. */
  readonly depth: number
  /** Objects and lists altogether. */
  readonly containers: number
}

const usual: JsonLimits = { depth: 200, containers: 200_000 }

/**
 * The value of a JSON text that came from outside of this process.
 * @throws SyntaxError for a text that is no JSON, RangeError for one beyond the limits
 */
export function parseForeignJson(text: string, limits: JsonLimits = usual): unknown {
  verifyBrackets(text, limits)
  return JSON.parse(text)
}

/**
 * Looks at the brackets of a text, from string to string, without parsing it.
 * @throws RangeError beyond the limits
 */
export function verifyBrackets(text: string, { depth, containers }: JsonLimits = usual): void {
  // Too short to hold as many.
  if (text.length <= depth) return
  let inside = 0
  let opened = 0
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at)
    const end = quote < 0 ? text.length : quote
    for (; at < end; at += 1) {
      const letter = text.charCodeAt(at)
      if (letter === openList || letter === openObject) {
        inside += 1
        opened += 1
        if (inside > depth) throw new RangeError(`it is nested deeper than ${depth}`)
        if (opened > containers) throw new RangeError(`it has more than ${containers} objects and lists`)
      } else if (letter === closeList || letter === closeObject) {
        inside -= 1
      }
    }
    at = quote < 0 ? end : endOfString(text, quote + 1)
  }
}

const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d
const backslash = 0x5c

/** The place behind the closing quote; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (quote - 1 - escapes >= start && text.charCodeAt(quote - 1 - escapes) === backslash) escapes += 1
    if (escapes % 2 === 0) return quote + 1
  }
  return text.length
}
