// Adds to a difference which migration it probably comes from and what to do.
import type { MigrationFile } from '../files/migration-file.ts'
import { nameOf, sqlTokens } from '../files/sql-tokens.ts'
import type { SchemaDifference } from './compare-schemas.ts'

/** Between what the difference was found. */
export type DriftPlace =
  /** What the files build is not what is committed. */
  | 'committed dump'
  /** A live database is not what the files build. */
  | 'live database'

/** A difference that a person can act on. */
export interface SchemaDrift extends SchemaDifference {
  readonly place: DriftPlace
  /** The last migration of the module that names the thing; absent when none does. */
  readonly migration?: string
  readonly remedy: string
}

/** Explains differences of one module. `files` are its migrations in order. */
export function explainDifferences(
  differences: readonly SchemaDifference[],
  files: readonly MigrationFile[],
  place: DriftPlace,
): readonly SchemaDrift[] {
  if (differences.length === 0) return []
  const named = files.map((file) => ({ name: file.name, words: wordsOf(file) }))
  return differences.map((difference) => {
    const own = ownName(difference.subject)
    const migration = named.findLast(({ words }) => words.has(own))?.name
    return {
      ...difference,
      place,
      ...(migration === undefined ? {} : { migration: `${difference.module}/${migration}` }),
      remedy: place === 'committed dump' ? dumpRemedy(difference) : liveRemedy(difference, migration),
    }
  })
}

function dumpRemedy({ kind, module }: SchemaDifference): string {
  const lost = kind === 'missing' ? ' If no migration was meant to remove it, a migration file was lost or edited.' : ''
  return `Run footing migrate dump, look at the change of the schema.sql of ${module}, and commit it.${lost}`
}

function liveRemedy({ kind, module }: SchemaDifference, migration: string | undefined): string {
  const write = `footing migrate new ${module} what-it-does`
  if (kind === 'unexpected') {
    return `Made by hand? Keep it by a migration (${write}, with "if not exists"), or drop it from this database.`
  }
  if (kind === 'missing') {
    const source = migration === undefined ? 'A migration' : migration
    return `${source} made it and somebody removed it: put it back by hand as it is expected, or write a migration that removes it.`
  }
  return `Changed by hand? Put it back as it is expected, or make the change official: ${write}.`
}

// The last part of `column item.price` or `function total(integer)`.
function ownName(subject: string): string {
  const [name] = subject.slice(subject.indexOf(' ') + 1).split('(')
  const parts = sqlTokens(name ?? '')
    .map(nameOf)
    .filter((part) => part !== undefined)
  return parts.at(-1) ?? ''
}

function wordsOf({ body }: MigrationFile): ReadonlySet<string> {
  if (body.kind !== 'sql') return new Set()
  const words = new Set<string>()
  for (const token of sqlTokens(body.text)) {
    const name = nameOf(token)
    if (name !== undefined) words.add(name)
    // Names in the text of a DO block or of a function count as well.
    if (token.kind === 'text') for (const [word] of token.text.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)) words.add(word)
  }
  return words
}
