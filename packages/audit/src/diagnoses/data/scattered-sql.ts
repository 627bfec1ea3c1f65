// SQL stands wherever it is needed, beside more than one way to the database.

import { counted } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { filesOf, ofRules, placesOf } from '../../diagnosis/extent.ts'

const SQL = 'data/raw-sql-outside-data-layer'
const MIXED = 'data/mixed-access-patterns'
const RULES = [SQL, MIXED, 'reversibility/data-access-without-seam']
const FEW = 4

export const diagnosis: Diagnosis = {
  id: 'data/scattered-sql',
  decision: 'data',
  summary: 'SQL and queries stand outside of the data layer, all over the code.',
  diagnose(context) {
    const found = ofRules(context, RULES)
    const sql = found.filter(({ rule }) => rule === SQL)
    const mixed = found.find(({ rule }) => rule === MIXED)
    if (placesOf(sql) < FEW) return []
    return [
      {
        what: `SQL stands outside of the data layer at ${counted(placesOf(sql), 'place')} in ${counted(filesOf(sql), 'file')}${mixed === undefined ? '' : `, beside two ways to the database (${mixed.evidence})`}.`,
        why: 'A change of the schema, an index or a move behind a replica has to be found by reading all of it.',
        do: 'Move the statements into one module for each domain, with functions named after the question they answer.',
        findings: found,
        counted: sql,
      },
    ]
  },
}
