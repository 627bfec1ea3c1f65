// Names and texts as they are written in SQL, without the driver: the rules are the server's.

/** A name of a table, column or role in double quotes, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as a literal. With a backslash it is written so that the server's settings cannot change its meaning. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? ` E${quoted}` : quoted
}
