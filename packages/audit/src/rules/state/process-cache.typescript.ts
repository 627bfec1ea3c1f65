// process-cache in TypeScript: caches of a module (lru-cache, node-cache, memoised functions) that hold what was read from a database.
import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { positional } from '../../survey/expressions.ts'
import { entryOf } from '../../survey/object-literal.ts'
import { servedCode } from '../../survey/served-code.ts'
import { chainTo, functionSite, placeOf, SERVING, servedBy } from '../../survey/whereabouts.ts'

const RUNS: readonly EntryKind[] = [...SERVING, 'scheduled']
const CACHES =
  /^(?:lru-cache(?:\.LRUCache)?|node-cache|quick-lru|@isaacs\/ttlcache(?:\.TTLCache)?|tiny-lru\.lru|memory-cache\.Cache|mnemonist\.LRUCache|ttl-cache)$/

interface Cache {
  readonly name: string
  readonly what: string
  readonly expires: boolean
}

/** One finding for each cache that requests or jobs fill. */
export function typescript(context: RuleContext): RuleResult {
  const { program, trees } = context
  const detections: Detection[] = []
  let examined = 0
  for (const module of servedCode(context)) {
    const tree = trees[module]!
    if (
      ![...program.imports.externalsOf(module).keys()].some(
        (name) => CACHES.test(name) || name === 'tiny-lru' || name === 'memory-cache' || name === 'mnemonist',
      )
    )
      continue
    for (const cache of cachesOf(context, module, tree)) {
      examined++
      const found = detection(context, module, tree, cache)
      if (found !== undefined) detections.push(found)
    }
  }
  return { detections, examined: { count: examined, of: 'caches of a module' } }
}

function cachesOf(context: RuleContext, module: number, tree: SyntaxTree): Cache[] {
  const found: Cache[] = []
  for (let at = tree.firstChild(0); at >= 0; at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if ((kind !== Kind.Assign && kind !== Kind.AnnAssign) || tree.kind(at + 1) !== Kind.Name) continue
    const value = tree.lastChild(at)
    if (tree.kind(value) !== Kind.Call || !tree.has(value, Flag.NEW)) continue
    const what = context.program.externalOf(context.program.callAt(module, value))
    if (!CACHES.test(what)) continue
    const options = positional(tree, value, 0)
    found.push({
      name: tree.text(at + 1),
      what,
      expires: options >= 0 && ['ttl', 'stdTTL', 'maxAge'].some((key) => entryOf(tree, options, key) >= 0),
    })
  }
  return found
}

function detection(context: RuleContext, module: number, tree: SyntaxTree, cache: Cache): Detection | undefined {
  const name = tree.strings.id(cache.name)
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) !== Kind.Call || tree.kind(node + 1) !== Kind.Attribute || tree.text(node + 1) !== 'set')
      continue
    if (tree.kind(node + 2) !== Kind.Name || tree.name(node + 2) !== name) continue
    const fn = context.program.functionAt(module, Math.max(tree.enclosingFunction(node), 0))
    if (servedBy(context, fn, RUNS) === undefined || !asks(tree, node)) continue
    const place = placeOf(context, { module, node })
    const { entry, chain } = chainTo(context, fn, RUNS, { ...place, label: `${cache.name}.set` })
    return {
      place,
      subject: context.program.functionInfo(fn).name,
      evidence: `${cache.name} in memory`,
      message: {
        what: `\`${cache.name}\` keeps what was read elsewhere in the memory of its process (\`${cache.what}\`).`,
        why: `Each process has a copy of its own: after a change they answer differently${cache.expires ? ' until it runs out' : ', some until they are restarted'}; ${entry === undefined ? 'requests depend' : `\`${entry.label}\` depends`} on it.`,
        do: 'Keep it in Redis with a time to live and drop it when the row changes, or say how old an answer may be.',
      },
      confidence: chain.length > 8 ? 'possible' : 'probable',
      severity: cache.expires ? 'low' : 'medium',
      chain: chain.length > 2 ? chain : [],
      fanOut: context.program.reach.routes(fn),
      fixSite: functionSite(context, fn),
    }
  }
  return undefined
}

/** What is put in was waited for: the function awaits something before. */
function asks(tree: SyntaxTree, node: number): boolean {
  const start = tree.enclosingFunction(node)
  for (let at = Math.max(start, 0); at < node; at++) if (tree.kind(at) === Kind.Await) return true
  return false
}
