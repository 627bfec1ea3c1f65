// How an import is told to a person: in a sentence, and as a line of a drawing.
import type { ImportStatement } from '../graph/contract.ts'
import type { Crossing } from './module-arrows.ts'

/** The verb for an import statement: `imports`, `imports types of`, `loads` … */
export function importVerb({ kind, typeOnly }: Pick<ImportStatement, 'kind' | 'typeOnly'>): string {
  if (kind === 're-export') return typeOnly ? 're-exports types of' : 're-exports'
  if (typeOnly) return 'imports types of'
  if (kind === 'dynamic') return 'loads at run time'
  return kind === 'require' ? 'requires' : 'imports'
}

/** The statement in short, as it is written: `import … from '../billing/pledge.ts'`. */
export function statementText({ kind, typeOnly, specifier }: ImportStatement): string {
  const from = `'${specifier}'`
  switch (kind) {
    case 'dynamic':
      return `import(${from})`
    case 'require':
      return `require(${from})`
    case 're-export':
      return `export ${typeOnly ? 'type ' : ''}… from ${from}`
    default:
      // One that the compiler drops because only types use it is written like any other.
      return `import ${kind === 'type' ? 'type ' : ''}… from ${from}`
  }
}

/** Who imports, for a sentence: the module, or the file when no module holds it. */
export function importerWords({ from, importer }: Crossing): string {
  return from === undefined ? `\`${importer.path}\`` : `\`${from.name}\``
}
