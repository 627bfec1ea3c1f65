// unlimited-job in TypeScript: BullMQ ends no job by itself; Agenda, pg-boss and Temporal do, unless told otherwise.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { libraryCalls } from '../../survey/library-calls.ts'
import { isProduct, placeOf } from '../../survey/whereabouts.ts'

/** What ends work after a time: in the processor's file, or in a wrapper that it imports. */
const ENDS = /^(?:AbortSignal|AbortController|pTimeout|withTimeout|jobTimeout|timeoutMs|race|deadline|setTimeout)$/

/** One finding for all workers of the tree whose jobs nothing ends. */
export function typescript(context: RuleContext): RuleResult {
  const { program, trees } = context
  const workers = libraryCalls(context, ['bullmq.Worker', 'bull', 'bull.Queue']).filter(
    ({ module, node, name }) =>
      name === 'bullmq.Worker' && trees[module]!.has(node, Flag.NEW) && isProduct(program.modules[module]!),
  )
  const endless = workers.filter(
    ({ module }) =>
      ![module, ...program.imports.importsOf(module).map(({ to }) => to)].some((one) => endsWork(context, one)),
  )
  const examined = { count: workers.length, of: 'workers' }
  const first = endless[0]
  if (first === undefined) return { detections: [], examined }
  const detection: Detection = {
    place: placeOf(context, first),
    subject: '<repository>',
    evidence: 'BullMQ without a time limit',
    message: {
      what: `${counted(endless.length, 'BullMQ worker')} ${endless.length === 1 ? 'runs' : 'run'} jobs that nothing ends: BullMQ has no time limit, and no processor has one of its own.`,
      why: 'A job that waits for a silent server keeps its place in the concurrency for ever; its lock is renewed, so it never counts as stalled.',
      do: 'Run the processor under a deadline (`AbortSignal.timeout`, handed to every call) and fail the job when it is over.',
    },
    confidence: 'probable',
    severity: 'low',
    fanOut: endless.length,
    related: endless.slice(1, 40).map((site) => ({ ...placeOf(context, site), label: 'new Worker' })),
  }
  return { detections: [detection], examined }
}

function endsWork({ trees }: RuleContext, module: number): boolean {
  const tree = trees[module]!
  for (let at = 1; at < tree.size; at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.Name || kind === Kind.Attribute) && ENDS.test(tree.text(at))) return true
  }
  return false
}
