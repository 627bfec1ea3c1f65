// Fits text into the columns of a terminal.

/** Shortens a name in its middle: `src/…/views.py`. Not for what is to be opened. */
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
