// Turns what PostgreSQL, initdb or the file system said before giving up into a coded error with a remedy.
import { type FootingError, isFootingError } from '@footing/kernel'
import { dataError } from '../../data/contract/errors.ts'

/** Why a start did not work, as far as the words of the server tell. */
export type FailureKind = 'locked' | 'port-taken' | 'memory-in-use' | 'disk-full' | 'corrupt' | 'version' | 'other'

const signs: readonly (readonly [FailureKind, RegExp])[] = [
  [
    'disk-full',
    /no space left on device|disk quota exceeded|file size limit exceeded|file too large|ENOSPC|EDQUOT|EFBIG/i,
  ],
  ['locked', /lock file "postmaster\.pid" already exists|lock file "postmaster\.pid" is empty/i],
  ['memory-in-use', /pre-existing shared memory block .* is still in use/i],
  ['port-taken', /could not bind .* address: Address already in use|could not create any TCP\/IP sockets/i],
  ['version', /database files are incompatible with server|initialized by PostgreSQL version/i],
  [
    'corrupt',
    /PANIC:|invalid (primary )?checkpoint record|could not locate a valid checkpoint|control file contains invalid|incorrect checksum in control file|is not a valid data directory|could not (open|read|find|access) (file|directory|the database system)|could not open relation mapping file|invalid page in block|could not access status of transaction|unrecognized configuration parameter|configuration file .* contains errors/i,
  ],
]

/** Sorts the last words of a server. */
export function classifyFailure(words: string): FailureKind {
  return signs.find(([, pattern]) => pattern.test(words))?.[0] ?? 'other'
}

/** The coded error for an exception or the last words of a server that did not start. Coded errors pass through. */
export function explainFailure(cause: unknown, folder: string): FootingError {
  if (isFootingError(cause)) return cause
  const words = typeof cause === 'string' ? cause : wordsOf(cause)
  const reason = lastLines(words)
  const origin = cause instanceof Error ? cause : undefined
  switch (classifyFailure(words)) {
    case 'disk-full':
      return dataError('embedded-disk-full', { folder, reason }, origin)
    case 'version':
      return dataError('embedded-data-version', { folder, found: 'another version', expected: 'this one' }, origin)
    case 'corrupt':
      return dataError('embedded-data-corrupt', { folder, reason }, origin)
    default:
      return dataError('embedded-start-failed', { folder, reason }, origin)
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : ''
  return `${stderr}\n${error.message}`
}

function lastLines(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '')
  const telling = lines.filter((line) => /FATAL|PANIC|ERROR|could not|error:/i.test(line))
  return (telling.length > 0 ? telling : lines).slice(-3).join(' | ').slice(0, 600)
}
