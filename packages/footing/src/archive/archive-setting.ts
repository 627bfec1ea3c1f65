// What the steps of the archive share, and the names of its files.
import type { Clock } from '@footing/kernel'
import type { Database } from '../data/contract/contract.ts'
import type { ObjectStorage } from '../storage/contract/contract.ts'
import type { ArchivedTable } from './contract.ts'

/** Handed to every step. */
export interface ArchiveSetting {
  readonly db: Database<unknown>
  readonly storage: ObjectStorage
  readonly clock: Clock
  readonly leaseMs: number
}

/** Largest archive file that is read. Batches end at 32 MiB of text, or with one row that is larger. */
export const largestFile = 1024 * 1024 * 1024

const dayMs = 86_400_000

/** Rows before this time are old. */
export function cutoffOf({ clock }: ArchiveSetting, { olderThanDays }: ArchivedTable): Date {
  return new Date(clock.now() - olderThanDays * dayMs)
}

/** Folder of the files of a table. */
export function folderOf(module: string, table: string): string {
  return `archive/${keyName(module)}/${keyName(table)}/`
}

// A table may have any name, a key may not.
function keyName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, (sign) => `=${sign.codePointAt(0)?.toString(16)}=`).slice(0, 150)
}
