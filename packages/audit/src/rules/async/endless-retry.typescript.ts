// endless-retry in TypeScript: retries: Infinity, forever: true, attempts without end, loops that swallow every failure.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { entryOf } from '../../survey/object-literal.ts'
import { servedCode } from '../../survey/served-code.ts'
import type { Retries, Retry } from './retries.ts'
import { endlessLoops } from './retry-loops.ts'

/** Keys of the options of async-retry, p-retry, axios-retry, got, BullMQ and Inngest. */
const COUNTS = ['retries', 'attempts', 'maxAttempts', 'maxRetries', 'limit', 'retryLimit', 'maximumAttempts']
const LIBRARIES =
  /^(?:async-retry|p-retry|axios-retry|got|bullmq|bull|pg-boss|retry|exponential-backoff|cockatiel|@lifeomic\/attempt|ts-retry-promise|ioredis)(?:\/|$)/

/** Everything that is tried again without end. */
export function typescript(context: RuleContext): Retries {
  const endless: Retry[] = []
  let examined = 0
  for (const module of servedCode(context)) {
    if (![...context.program.imports.externalsOf(module).keys()].some((name) => LIBRARIES.test(name))) continue
    const tree = context.trees[module]!
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Dict) continue
      const forever = entryOf(tree, node, 'forever')
      const key = COUNTS.find((one) => entryOf(tree, node, one) >= 0)
      if (forever < 0 && key === undefined) continue
      examined++
      const by =
        forever >= 0 && tree.kind(forever) === Kind.True
          ? '`forever: true`'
          : key !== undefined && isEndless(tree, entryOf(tree, node, key))
            ? `\`${key}: Infinity\``
            : undefined
      if (by === undefined) continue
      endless.push({
        module,
        node,
        by,
        kind: 'decorator',
        remedy: 'Give a number of attempts with a delay that grows, and report what has used them up.',
        confidence: 'definite',
      })
    }
  }
  const loops = endlessLoops(context)
  return {
    endless: [...endless, ...loops.endless].sort((a, b) => a.module - b.module || a.node - b.node),
    examined: examined + loops.examined,
  }
}

/** `Infinity`, `Number.MAX_SAFE_INTEGER`, or a number that nobody lives to see. */
function isEndless(tree: SyntaxTree, node: number): boolean {
  if (tree.kind(node) === Kind.Number) return tree.has(node, Flag.INTEGER) && tree.value(node) > 1_000_000
  return /^(?:Infinity|Number\.(?:POSITIVE_INFINITY|MAX_SAFE_INTEGER|MAX_VALUE))$/.test(tree.dotted(node))
}
