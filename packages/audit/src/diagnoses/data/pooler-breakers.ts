// State that lives in a database session, which a pooler in transaction mode takes away.

import { counted } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules, placesOf } from '../../diagnosis/extent.ts'

const KINDS: Readonly<Record<string, string>> = {
  'data/session-advisory-lock': 'advisory locks of a session',
  'data/listen-through-pooler': '`LISTEN`',
  'data/session-state': '`SET` and temporary tables',
  'data/named-prepared-statements': 'prepared statements under names',
  'data/server-side-cursor': 'cursors outside of transactions',
}

export const diagnosis: Diagnosis = {
  id: 'data/pooler-breakers',
  decision: 'data',
  summary: 'Code keeps state in database sessions, so no pooler in transaction mode can stand in front.',
  diagnose(context) {
    const found = ofRules(context, Object.keys(KINDS))
    const kinds = [...new Set(found.map(({ rule }) => KINDS[rule] ?? rule))]
    if (placesOf(found) < 2 || kinds.length < 2) return []
    const text = `${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`
    return [
      {
        what: `State is kept in database sessions at ${counted(placesOf(found), 'place')}: ${text}.`,
        why: 'Behind PgBouncer in transaction mode the next statement may run in another session; until this is gone the number of connections grows with the workers.',
        do: 'Use what ends with the transaction (`SET LOCAL`, `pg_advisory_xact_lock`), and a second address past the pooler for the few that need a session.',
        findings: found,
      },
    ]
  },
}
