// Makes text from the audited tree safe to print: no control characters, no reordering marks, no line breaks.

/** Control and bidirectional characters become their escape (`\u{1b}`), so that a hostile file name is only ugly. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => (character === '\t' ? '  ' : `\\u{${character.codePointAt(0)?.toString(16)}}`),
  )
}

/** Shortens a path in its middle: `src/…/views.py`. */
export function middle(text: string, columns: number): string {
  if (text.length <= columns) return text
  const keep = Math.max(2, columns - 1)
  const tail = Math.ceil(keep * 0.65)
  return `${text.slice(0, keep - tail)}…${text.slice(text.length - tail)}`
}

/** Breaks a sentence at spaces so that no line is longer than `columns`, unless one word is. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
