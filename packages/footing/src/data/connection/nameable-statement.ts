// Which statements may be prepared under a name: one statement with a plan, whose answer cannot change its columns half-way.

/**
 * True when the text may get a name. Several statements in one text cannot be prepared, and those without a plan gain
 * nothing. Inside of a transaction `*` goes without a name: when a migration adds a column the server refuses the prepared
 * form, and what ran before it in the transaction would be lost.
 */
export function isNameable(text: string, inTransaction: boolean): boolean {
  if (!planned.test(text) || text.includes(';')) return false
  return !inTransaction || !takesAllColumns(text)
}

const planned = /^\s*(?:select|insert|update|delete|with|merge|values)\b/i
const counting = 'count('

// A multiplication or a comment looks the same from here and loses its name without need.
function takesAllColumns(text: string): boolean {
  for (let at = text.indexOf('*'); at >= 0; at = text.indexOf('*', at + 1)) {
    if (!text.startsWith(counting, at - counting.length)) return true
  }
  return false
}
