// Makes text that came from outside safe to print: no control characters, no marks that reorder, no line breaks.

/** Control and bidirectional characters become their escape (`\u{1b}`), so that a hostile text is only ugly. A tab becomes two blanks. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => (character === '\t' ? '  ' : `\\u{${character.codePointAt(0)?.toString(16)}}`),
  )
}
