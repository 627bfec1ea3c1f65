// state/uncached-hot-read: database reads cached in the memory of each worker, so every worker asks and forgets by itself.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { type WorkerCount, webWorkers } from '../../survey/deployment.ts'
import { surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf, SERVING, servedBy } from '../../survey/whereabouts.ts'

const LOCAL_CACHES =
  /^(?:functools\.(?:lru_cache|cache)|cachetools(?:\.func)?\.\w+|async_lru\.alru_cache|cached_property\.\w+|aiocache\.cached)$/
const LOCMEM = 'django.core.cache.backends.locmem.LocMemCache'

export const rule: Rule = {
  id: 'state/uncached-hot-read',
  decision: 'state',
  severity: 'low',
  effort: { minutes: 0, per: 'report' },
  trial: false,
  summary: 'Database reads are cached in the memory of each worker only.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const workers = webWorkers(context)
  const cached = cachedReads(context, workers)
  const local = locmem(context, workers)
  return {
    detections: workers.processes === 1 ? [] : [...cached.detections, ...local],
    examined: { count: cached.examined + local.length, of: 'caches of database reads' },
  }
}

/** Functions under a memoising decorator whose own calls ask a database. */
function cachedReads(
  context: RuleContext,
  workers: WorkerCount,
): { readonly detections: readonly Detection[]; readonly examined: number } {
  const { program, trees } = context
  const detections: Detection[] = []
  let examined = 0
  for (const decorated of ['lru_cache', 'cache', 'cached', 'alru_cache', 'ttl_cache']) {
    for (const { module: id, node } of surveyOf(context).watched(decorated)) {
      const module = program.modules[id]!
      if (!isProduct(module)) continue
      const tree = trees[id]!
      const decorator = tree.kind(node + 1) === Kind.Call ? node + 2 : node + 1
      const name = program.nameOf(module.id, decorator)
      if (!LOCAL_CACHES.test(name) || tree.kind(tree.parent(node)) !== Kind.FunctionDef) continue
      const fn = program.functionAt(module.id, tree.parent(node))
      const read = program.callsIn(fn).find((call) => program.effectOf(call)?.effect === 'database')
      if (read === undefined) continue
      examined++
      if (servedBy(context, fn, SERVING) === undefined || workers.processes === undefined) continue
      const info = program.functionInfo(fn)
      detections.push({
        place: { path: tree.path, line: tree.line(node) },
        subject: info.name,
        evidence: name,
        message: {
          what: `\`${info.name}\` caches the result of a database read with \`${name}\`, in the memory of each process.`,
          why: `With ${workers.what} an entry is read ${workers.processes} times and becomes stale ${workers.processes} times: after a change some workers answer with the old value until they restart.`,
          do: 'Cache it in Redis with a time to live and delete the key on write; keep the local cache for values that never change.',
        },
        confidence: 'definite',
        related: [{ path: tree.path, line: program.callInfo(read).line, label: 'the read' }],
        fanOut: program.reach.routes(fn),
      })
    }
  }
  return { detections, examined }
}

/** Django's cache is used and its configured backend is the memory of one process. */
function locmem(context: RuleContext, workers: WorkerCount): Detection[] {
  const { program, trees } = context
  if (workers.processes === undefined || workers.processes < 2) return []
  const uses = surveyOf(context)
    .callsNamed('set')
    .filter(({ module, node }) => program.nameOf(module, node + 2) === 'django.core.cache.cache')
  if (uses.length === 0) return []
  const id = trees[0]!.strings.id(LOCMEM)
  const redis = ['django_redis.cache.RedisCache', 'django.core.cache.backends.redis.RedisCache'].map((name) =>
    trees[0]!.strings.id(name),
  )
  const settings = program.modules.filter((module) => module.role !== 'test' && trees[module.id]!.mentions(id))
  if (settings.length === 0 || program.modules.some((module) => redis.some((name) => trees[module.id]!.mentions(name))))
    return []
  const tree = trees[settings[0]!.id]!
  return [
    {
      place: { path: tree.path, line: lineOfText(tree, id) },
      subject: 'CACHES',
      evidence: 'LocMemCache',
      message: {
        what: `The cache is the memory of each process (LocMemCache), and ${uses.length} call${uses.length === 1 ? '' : 's'} of \`cache.set\` rely on it.`,
        why: `With ${workers.what} each has a cache of its own: entries are computed ${workers.processes} times, and deleting a key leaves the other copies.`,
        do: "Use Django's Redis backend for the default cache.",
      },
      confidence: 'probable',
      severity: 'medium',
      related: uses.slice(0, 5).map((site) => ({ ...placeOf(context, site), label: 'cache.set' })),
    },
  ]
}

function lineOfText(tree: SyntaxTree, text: number): number {
  for (let node = 1; node < tree.size; node++)
    if (tree.kind(node) === Kind.String && tree.name(node) === text) return tree.line(node)
  return 1
}
