// async/endless-retry: what is tried again for ever, so that a fault of a minute becomes a load for days.
import type { Detection } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { placeOf, subjectOf } from '../../survey/whereabouts.ts'
import { python } from './endless-retry.python.ts'
import { typescript } from './endless-retry.typescript.ts'
import type { Retries, Retry } from './retries.ts'

export const rule: Rule = {
  id: 'async/endless-retry',
  decision: 'async',
  severity: 'medium',
  effort: { minutes: 30, per: 'site' },
  trial: true,
  summary: 'A job or a call is tried again without end.',
  judges: {
    python: (context) => result(context, python(context)),
    typescript: (context) => result(context, typescript(context)),
  },
}

function result(context: RuleContext, { endless, examined }: Retries): RuleResult {
  // Tasks are configured alike, so they are one thing to repair; a loop is its own.
  const groups = new Map<ModuleId | 'tasks', Retry[]>()
  for (const retry of endless) addTo(groups, retry.kind === 'task' ? 'tasks' : retry.module, retry)
  return {
    detections: [...groups.values()].map((retries) => detection(context, retries)),
    examined: { count: examined, of: 'retries' },
  }
}

function detection(context: RuleContext, retries: readonly Retry[]): Detection {
  const first = retries[0]!
  const module = context.program.modules[first.module]!
  const names = [...new Set(retries.map((one) => `\`${subjectOf(context, one)}\``))]
  const isLoop = first.kind === 'loop'
  return {
    place: placeOf(context, first),
    subject: subjectOf(context, first),
    evidence: `endless: ${first.by}`,
    message: {
      what: `${names.length > 3 ? counted(names.length, first.kind === 'task' ? 'task' : 'function') : listed(names)} ${names.length === 1 ? 'is' : 'are'} tried again without end (${listed([...new Set(retries.map(({ by }) => by))])}).`,
      why: isLoop
        ? 'A fault that stays keeps the caller in the loop for ever, and every caller adds its own requests to what is already failing.'
        : `What cannot succeed comes back for ever: ${counted(retries.length, 'task')} ${retries.length === 1 ? 'fills' : 'fill'} the queue beside the work that could be done, and no one is told.`,
      do: first.remedy,
    },
    confidence: first.confidence,
    fanOut: retries.length,
    related: retries.slice(1, 81).map((one) => ({ ...placeOf(context, one), label: subjectOf(context, one) })),
    fixSite: { path: module.path, line: 1, name: module.name },
    minutes: 20 + 5 * Math.min(retries.length, 20),
  }
}
