// What a module has, in a few words.
import type { MapModule } from './model/module-map.ts'

/** `11 operations · 4 tables`. */
export function counts(module: MapModule): string {
  const parts = [
    amount(module.operations.length, 'operation'),
    amount(module.tables.length, 'table'),
    amount(module.events.length, 'event'),
  ].filter((part) => part !== '')
  return parts.length === 0 ? `${module.neededBy.length} in, ${module.needs.length} out` : parts.join(' · ')
}

const amount = (count: number, word: string): string => (count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`)
