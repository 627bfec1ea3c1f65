// process-cache in Python: functions under lru_cache, cachetools or a decorator of the project around them that ask a database.
import type { ChainStep, Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind, FunctionId, ModuleId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { webWorkers } from '../../survey/deployment.ts'
import { calleeName, keyword } from '../../survey/expressions.ts'
import { servedCode } from '../../survey/served-code.ts'
import { surveyOf } from '../../survey/survey.ts'
import { waitsBelow } from '../../survey/waits-below.ts'
import { definitionOf, functionsOf } from '../../survey/what-it-is.ts'
import { chainTo, functionSite, SERVING, servedBy } from '../../survey/whereabouts.ts'

const RUNS: readonly EntryKind[] = [...SERVING, 'scheduled']
const LIBRARY =
  /^(?:functools\.(?:lru_cache|cache)|cachetools(?:\.\w+)*\.(?:cached|ttl_cache|lru_cache|lfu_cache|cachedmethod)|cachetools\.cached|async_lru\.alru_cache|ring\.lru|methodtools\.lru_cache|memoization\.cached)$/
const EXPIRES = /ttl|timed|timeout|expir|maxage|seconds/i

interface Cached {
  readonly fn: FunctionId
  readonly module: ModuleId
  readonly decorator: number
  /** `lru_cache`, `timed_lru_cache`. */
  readonly name: string
  readonly expires: boolean
}

/** One finding for each function that remembers. */
export function python(context: RuleContext): RuleResult {
  const cached = cachedFunctions(context)
  return {
    detections: cached.flatMap((one) => detection(context, one) ?? []),
    examined: { count: cached.length, of: 'functions that remember' },
  }
}

function cachedFunctions(context: RuleContext): Cached[] {
  const { program, trees } = context
  const found: Cached[] = []
  const own = new Map<FunctionId, boolean>()
  for (const module of servedCode(context)) {
    const tree = trees[module]!
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Decorator || tree.kind(tree.parent(node)) !== Kind.FunctionDef) continue
      const callee = tree.kind(node + 1) === Kind.Call ? node + 2 : node + 1
      const kind = tree.kind(callee)
      if (kind !== Kind.Name && kind !== Kind.Attribute) continue
      const isLibrary = LIBRARY.test(program.nameOf(module, callee))
      if (!isLibrary && !functionsOf(context, { module, node: callee }).some((fn) => remembers(context, fn, own)))
        continue
      const expires =
        EXPIRES.test(tree.text(callee)) || (tree.kind(node + 1) === Kind.Call && namesExpiry(tree, node + 1))
      found.push({
        fn: program.functionAt(module, tree.parent(node)),
        module,
        decorator: node,
        name: tree.text(callee),
        expires,
      })
    }
  }
  return found
}

/** A decorator of the project that wraps the function in `lru_cache(…)(function)`. */
function remembers(context: RuleContext, fn: FunctionId, known: Map<FunctionId, boolean>): boolean {
  const before = known.get(fn)
  if (before !== undefined) return before
  const { module, node } = definitionOf(context, fn)
  const tree = context.trees[module]!
  let does = false
  for (let at = node; at < tree.end(node) && !does; at++) {
    if (tree.kind(at) !== Kind.Call) continue
    const callee = at + 1
    const kind = tree.kind(callee)
    if (kind === Kind.Name || kind === Kind.Attribute)
      does = /^functools\.(?:lru_cache|cache)$/.test(context.program.nameOf(module, callee))
  }
  known.set(fn, does)
  return does
}

function namesExpiry(tree: SyntaxTree, call: number): boolean {
  for (let at = call; at < tree.end(call); at++) {
    const kind = tree.kind(at)
    if (
      (kind === Kind.Name || kind === Kind.Attribute || (kind === Kind.Keyword && tree.value(at) >= 0)) &&
      EXPIRES.test(tree.text(at))
    )
      return true
  }
  return keyword(tree, call, 'ttl') >= 0
}

function detection(context: RuleContext, cached: Cached): Detection | undefined {
  const { program, trees } = context
  if (servedBy(context, cached.fn, RUNS) === undefined) return undefined
  const asks = waitsBelow(context, cached.fn, (effect) => effect === 'database', 3)
  if (asks === undefined) return undefined
  const tree = trees[cached.module]!
  const place = { path: tree.path, line: tree.line(cached.decorator) }
  const { entry, chain } = chainTo(context, cached.fn, RUNS, { ...place, label: cached.name })
  const { name } = program.functionInfo(cached.fn)
  const workers = webWorkers(context)
  if (workers.processes === 1) return undefined
  const cleared = isCleared(context, tree, cached)
  const steps: readonly ChainStep[] = asks.steps
  return {
    place,
    subject: name,
    evidence: `${cached.name} over ${asks.name}`,
    message: {
      what: `\`${name}\` keeps what it has read from the database in the memory of its process (\`${cached.name}\`).`,
      why: `${workers.processes === undefined ? 'Each worker' : `Each of ${workers.what}`} has a copy of its own: after a change they answer differently${cached.expires ? ' until it runs out' : cleared ? ' until each of them clears it' : ', some until they are restarted'}; ${entry === undefined ? 'requests depend' : `\`${entry.label}\` depends`} on it.`,
      do: 'Keep it in Redis (or the cache of the framework on Redis) with a time to live, and drop it when the row changes.',
    },
    confidence: chain.length > 8 ? 'possible' : asks.confidence === 'possible' ? 'possible' : 'probable',
    severity: cached.expires ? 'low' : 'medium',
    chain: [{ ...place, label: `@${cached.name}` }, ...steps],
    fanOut: program.reach.routes(cached.fn),
    fixSite: functionSite(context, cached.fn),
  }
}

/** `f.cache_clear()` somewhere in product code: it reaches one process. */
function isCleared(context: RuleContext, own: SyntaxTree, cached: Cached): boolean {
  const name = own.text(own.parent(cached.decorator))
  return surveyOf(context)
    .callsNamed('cache_clear')
    .some(({ module, node }) => {
      const tree = context.trees[module]!
      return (
        calleeName(tree, node) === 'cache_clear' &&
        tree
          .dotted(node + 2)
          .split('.')
          .at(-1) === name
      )
    })
}
