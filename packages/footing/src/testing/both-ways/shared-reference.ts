// One object in two places of a value: JSON makes two of it, so whoever counts on the one is in for a surprise.
import { escapePointer } from '../../module/portable.ts'

/** Finds the second place of an object that stands in a value twice, as a JSON Pointer. */
export function findSharedReference(value: unknown): string | undefined {
  return search(value, '', new Set())
}

function search(value: unknown, pointer: string, seen: Set<object>): string | undefined {
  // An empty list or object says nothing, and constants of that kind are shared without harm.
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return undefined
  if (seen.has(value)) return pointer || '/'
  seen.add(value)
  for (const [key, part] of Object.entries(value)) {
    const found = search(part, `${pointer}/${escapePointer(key)}`, seen)
    if (found !== undefined) return found
  }
  return undefined
}
