// Short ways to say what columns are, for a declaration that reads as a list: `columns: keep('title', 'body')`.
import type { ColumnRule } from './personal-declaration.ts'

type Ruled<Name extends string, Rule extends ColumnRule> = Readonly<Record<Name, Rule>>

/**
 * Columns that have one rule; see `ColumnRule`. Several are joined by spreading:
 * `columns: { email: { replace: '{random}@erased.invalid' }, ...erase('bio', 'image'), ...keep('created_at') }`
 */
export const columns = {
  /** Exported, and stay as long as their row does. */
  keep: <const Name extends string>(...names: readonly Name[]) => ruled(names, 'keep'),
  /** Exported, and emptied on erasure. */
  erase: <const Name extends string>(...names: readonly Name[]) => ruled(names, 'erase'),
  /** Never exported, and emptied on erasure. */
  secret: <const Name extends string>(...names: readonly Name[]) => ruled(names, 'secret'),
  /** Say nothing about the person. */
  other: <const Name extends string>(...names: readonly Name[]) => ruled(names, 'other'),
} as const

function ruled<Name extends string, Rule extends ColumnRule>(names: readonly Name[], rule: Rule): Ruled<Name, Rule> {
  // Made of exactly these names.
  return Object.fromEntries(names.map((name) => [name, rule])) as Ruled<Name, Rule>
}
