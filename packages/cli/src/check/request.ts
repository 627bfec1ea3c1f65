// What `footing check` was asked for: the request of an audit with the rules of a check.
import type { RuleId } from '@footing/audit'
import { type AuditRequest, listed, nearest, readRequest } from '../audit/request.ts'
import type { CommandContext } from '../command/command.ts'

type Auditor = typeof import('@footing/audit')

/** A checked request. */
export interface CheckRequest extends AuditRequest {
  /** Rules that are judged by. */
  readonly rules: readonly RuleId[]
}

const FORMATS = ['terminal', 'json', 'sarif', 'markdown', 'github']

/** Reads the parsed command line. @throws FootingError for what the user can repair */
export async function readCheckRequest(context: CommandContext, auditor: Auditor): Promise<CheckRequest> {
  const { options } = context
  const strange = listed(options.format).find((word) => !FORMATS.includes(word))
  if (strange !== undefined) {
    const near = nearest(strange, FORMATS)
    throw auditor.auditErrors('audit-option-wrong', {
      details: {
        problem: `${strange} is no format of a check.`,
        remedy: near === undefined ? `Formats are ${FORMATS.join(', ')}.` : `Did you mean ${near}?`,
      },
    })
  }
  if (
    options.watch === true &&
    (context.terminal.wantsJson || listed(options.format).some((word) => word !== 'terminal'))
  ) {
    throw auditor.auditErrors('audit-option-wrong', {
      details: {
        problem: '--watch prints for a person, so it goes with no other format.',
        remedy: 'Leave --watch out, or leave --json and --format out.',
      },
    })
  }
  // The words of --only mean rules here, and a check reads neither history nor deployment.
  const request = await readRequest({ ...context, options: { ...options, only: undefined, history: false } }, auditor)
  const rules = chosenRules(context, auditor)
  return {
    ...request,
    options: { ...request.options, rules, languages: ['typescript'], history: false },
    rules,
  }
}

function chosenRules({ options }: CommandContext, auditor: Auditor): RuleId[] {
  const all = auditor.checkRules()
  const only = listed(options.only).flatMap((word) => matching(word, all, auditor))
  const skip = new Set(listed(options.skip).flatMap((word) => matching(word, all, auditor)))
  const rules = all.filter((id) => (only.length === 0 || only.includes(id)) && !skip.has(id))
  if (rules.length > 0) return rules
  throw auditor.auditErrors('audit-option-wrong', {
    details: {
      problem: '--only and --skip leave no rule.',
      remedy: 'A check without rules holds always: leave one of them out.',
    },
  })
}

/** Rules by id, by name without decision, or by decision. */
function matching(word: string, all: readonly RuleId[], auditor: Auditor): RuleId[] {
  const found = all.filter((id) => id === word || id.endsWith(`/${word}`) || id.startsWith(`${word}/`))
  if (found.length > 0) return found
  const words = all.flatMap((id) => [id, id.slice(id.indexOf('/') + 1), id.slice(0, id.indexOf('/'))])
  const near = nearest(word, words)
  throw auditor.auditErrors('audit-unknown-rule', {
    details: {
      rule: word,
      hint: near === undefined ? `Rules of a check are ${all.join(', ')}.` : `Did you mean ${near}?`,
    },
  })
}
