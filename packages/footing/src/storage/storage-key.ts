// Which names an object may have: those that mean the same on every store, on disk too.
import { storageError } from './contract/errors.ts'

const longestKey = 800
const longestName = 200
const name = /^[A-Za-z0-9._=@,+~()!-]+$/

/**
 * Refuses a key that not every store could hold.
 * @throws `storage-key-invalid`
 */
export function verifyKey(key: unknown): asserts key is string {
  const fault = typeof key === 'string' ? faultOf(key) : `it is a ${typeof key} and not text.`
  if (fault !== undefined) throw storageError('storage-key-invalid', { reason: fault })
}

/**
 * Refuses a prefix that no key could begin with. It may end in the middle of a name.
 * @throws `storage-key-invalid`
 */
export function verifyPrefix(prefix: unknown): asserts prefix is string {
  if (prefix === '') return
  // Anything that a key may begin with becomes a key when a letter is added.
  verifyKey(typeof prefix === 'string' ? `${prefix}x` : prefix)
}

function faultOf(key: string): string | undefined {
  if (key.length === 0) return 'it is empty.'
  if (key.length > longestKey) return `it has ${key.length} characters, at most ${longestKey} are allowed.`
  for (const part of key.split('/')) {
    if (part === '') return 'it has an empty name: / at an end, or // inside.'
    if (part === '.' || part === '..') return `it has the name ${part}.`
    if (part.length > longestName) return `one of its names has more than ${longestName} characters.`
    if (!name.test(part)) return `the name ${JSON.stringify(part.slice(0, 60))} has other characters.`
  }
  return undefined
}
