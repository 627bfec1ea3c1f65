// Keeps writes out of read(): they would be sent to a replica, or twice when a connection breaks.
import { dataError } from '../contract/errors.ts'

/**
 * Refuses a statement that plainly writes. A function with side effects cannot be seen from outside.
 * @throws `data-write-in-read`
 */
export function refuseWrite(text: string): void {
  const [, word] = /^\s*\(*\s*([a-z]+)/i.exec(text) ?? []
  const first = word?.toLowerCase()
  if (first === 'select' || first === 'values' || first === 'show' || first === 'table') return
  if (first === 'with' && !changes.test(text.replace(/"[^"]*"/g, '""'))) return
  if (first === 'explain' && !/\banaly[sz]e\b/i.test(text)) return
  throw dataError('data-write-in-read', { word: first ?? 'this statement' })
}

// Values travel as parameters, so these words outside of quoted names are SQL; "for update" only locks.
const changes = /\b(?:insert\s+into|delete\s+from|merge\s+into|(?<!\bfor\s)(?<!\bkey\s)update)\b/i
