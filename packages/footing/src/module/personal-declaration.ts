// What a module says in its manifest about personal data: which column names the person, what each column is.
import type { Transaction } from '../data/contract/contract.ts'

/**
 * What a column is, for the person in the row:
 * `erase` is exported, and emptied on erasure; `secret` is emptied and never exported; `keep` is exported and stays;
 * `other` says nothing about the person, so it is neither; `{ replace }` is exported and replaced on erasure, where
 * `{random}` stands for 32 hexadecimal digits: for columns that are unique or may not be empty.
 */
export type ColumnRule = 'erase' | 'secret' | 'keep' | 'other' | { readonly replace: string }

/** A table with rows about people. */
export interface PersonalTable {
  /** Column or columns that hold the user's identifier. A row belongs to everybody whom one of them names. */
  readonly subject: string | readonly string[]
  /** Every other column, with what it is. */
  readonly columns: Readonly<Record<string, ColumnRule>>
  /** What erasure does: empties columns, deletes rows, leaves them, or calls the module's own function. */
  readonly erase: 'anonymise' | 'delete' | 'keep' | 'by-module'
  /** Column or columns that name a row, for paging. Default `id`. */
  readonly key?: string | readonly string[]
  /** Why rows stay after erasure, and until when; required when they do. */
  readonly keep?: { readonly why: string; readonly until: string }
}

/** A table without a person in it, with the reason. */
export interface ImpersonalTable {
  readonly none: string
}

/** All tables of a module by name. */
export type PersonalDeclaration = Readonly<Record<string, PersonalTable | ImpersonalTable>>

/** True for a table with people in it. */
export function isPersonal(table: PersonalTable | ImpersonalTable): table is PersonalTable {
  return !('none' in table)
}

/** The function of a module that erases a table in its own way; `eraseBy` makes one. */
export type ModuleErasure = (tx: Transaction<unknown>, subject: string, most: number) => Promise<number>

/** What is wrong with a declaration, as the rest of a sentence; undefined when nothing is. */
export function personalFault(tables: readonly string[], personal: PersonalDeclaration): string | undefined {
  for (const [table, declared] of Object.entries(personal)) {
    if (!tables.includes(table)) return `personal.${table} is not among its tables.`
    if (!isPersonal(declared)) {
      if (declared.none.trim() === '') return `personal.${table} gives no reason why nobody is in it.`
      continue
    }
    const fault = tableFault(declared)
    if (fault !== undefined) return `personal.${table} ${fault}`
  }
  return undefined
}

function tableFault({ subject, key, columns, erase, keep }: PersonalTable): string | undefined {
  if (list(subject).length === 0) return 'names no column of the person.'
  if (list(key ?? 'id').length === 0) return 'names no key.'
  if (!['anonymise', 'delete', 'keep', 'by-module'].includes(erase)) return `cannot be erased by "${String(erase)}".`
  if (erase === 'keep' && (keep === undefined || keep.why.trim() === '' || keep.until.trim() === '')) {
    return 'keeps its rows and does not say why and until when.'
  }
  const foreseen = Object.entries(columns).find(
    ([, rule]) => typeof rule === 'object' && rule.replace.includes('{key}'),
  )
  if (foreseen) {
    return `replaces ${foreseen[0]} with {key}: anybody can foresee that, take it before, and so stand in the way of the erasure. Write {random}.`
  }
  const changed = Object.values(columns).some((rule) => rule !== 'keep' && rule !== 'other')
  if (erase === 'anonymise' && !changed) return 'is anonymised, but no column of it is erased.'
  if (erase === 'keep' && changed) return 'keeps its rows as they are, but has columns to erase; anonymise it instead.'
  return undefined
}

/** One name or several, as a list. */
export function list(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names
}
