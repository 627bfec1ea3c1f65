// The rules about suppression comments themselves. They have no page of examples in Python: they judge comments.

import type { RuleId } from '../detection/detection.ts'
import type { RuleDescription } from './rule.ts'

const effort = { minutes: 5, per: 'site' } as const

/** Descriptions of the rules about comments; suppression.ts detects what they describe. */
export const commentRules: readonly RuleDescription[] = [
  {
    id: 'audit/suppression-without-reason',
    summary: 'A suppression comment gives no reason and therefore silences nothing.',
    severity: 'medium',
    effort,
    trial: false,
    page: page(
      'audit/suppression-without-reason',
      'A suppression comment gives no reason and therefore silences nothing.',
      '`# footing: allow async/blocking-call-in-async -- start-up only, before the first request`',
    ),
  },
  {
    id: 'audit/unknown-rule-allowed',
    summary: 'A suppression comment names a rule that does not exist.',
    severity: 'medium',
    effort,
    trial: false,
    page: page(
      'audit/unknown-rule-allowed',
      'A suppression comment names a rule that does not exist.',
      'Write the id as the report prints it, decision and name: `boundaries/import-cycle`.',
    ),
  },
  {
    id: 'audit/unused-suppression',
    summary: 'A suppression comment silences nothing any more.',
    severity: 'low',
    effort,
    trial: false,
    page: page(
      'audit/unused-suppression',
      'A suppression comment silences nothing any more.',
      'Delete the comment: it would hide the next finding on its line.',
    ),
  },
]

/** The description of a rule about comments. */
export function commentRule(id: RuleId): RuleDescription {
  const found = commentRules.find((rule) => rule.id === id)
  if (found === undefined) throw new RangeError(`No rule about comments is called ${id}.`)
  return found
}

function page(id: string, summary: string, remedy: string): string {
  return `# ${id}\n\n${summary}\n\n## Remedy\n\n${remedy}\n`
}
