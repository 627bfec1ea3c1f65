// thread-as-job-queue in Python: work handed to a thread of the web process, which dies with it and is never tried again.

import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName, receiverOf } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, chainTo, functionSite, isProduct, placeOf, servedBy, WEB } from '../../survey/whereabouts.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  let examined = 0
  for (const thread of threads(context)) {
    examined++
    const body = bodyOf(context, thread)
    const info = context.program.functionInfo(body)
    if (info.kind === 'module' || servedBy(context, body, WEB) === undefined) continue
    const place = placeOf(context, thread)
    const { entry, chain } = chainTo(context, body, WEB, { ...place, label: thread.what })
    detections.push({
      place,
      subject: info.name,
      evidence: thread.what,
      message: {
        what: `${entry === undefined ? `\`${info.name}\`` : `\`${entry.label}\``} hands work to ${thread.what} of the web process and answers without waiting.`,
        why: 'A deployment or a crash loses the work without a trace: it is not stored, not tried again, not limited and not seen by any queue metric.',
        do: 'Put it in the job queue (Celery, RQ, Dramatiq, a table with leases), in the transaction that makes the work necessary.',
      },
      confidence: entry?.function === body ? 'definite' : 'probable',
      chain: chain.length > 2 ? chain : [],
      fanOut: context.program.reach.routes(body),
      fixSite: functionSite(context, body),
    })
  }
  return { detections, examined: { count: examined, of: 'threads and pools' } }
}

interface Thread extends Site {
  readonly what: string
}

function threads(context: RuleContext): Thread[] {
  const { program, trees } = context
  const found: Thread[] = []
  const survey = surveyOf(context)
  for (const [name, what] of [
    ['Thread', 'a thread'],
    ['Timer', 'a timer thread'],
    ['Process', 'a child process'],
  ] as const) {
    for (const site of survey.callsNamed(name)) {
      if (!isProduct(program.modules[site.module]!)) continue
      const resolved = program.nameOf(site.module, site.node + 1)
      if (!/^(?:threading\.(?:Thread|Timer)|multiprocessing\.(?:\w+\.)?Process)$/.test(resolved)) continue
      const tree = trees[site.module]!
      if (!isWaitedFor(tree, site.node) && !isKept(tree, site.node)) found.push({ ...site, what })
    }
  }
  for (const method of ['submit', 'apply_async', 'map_async']) {
    for (const site of survey.callsNamed(method)) {
      const tree = trees[site.module]!
      if (!isProduct(program.modules[site.module]!) || receiverOf(tree, site.node) < 0 || !tree.isUnused(site.node))
        continue
      const target = program
        .targetsOf(program.callAt(site.module, site.node))
        .find((item) => /^(?:concurrent\.futures|multiprocessing\.pool)/.test(item.external))
      const classes = program.instanceOf(site.module, site.node + 2)
      const isPool =
        target !== undefined || classes.some((item) => /^concurrent\.futures\..*Executor$|ThreadPool$/.test(item))
      if (isPool && !isInsidePool(tree, site.node) && !isWaitedFor(tree, site.node))
        found.push({ ...site, what: 'a thread pool' })
    }
  }
  return found
}

/** The thread is handed to somebody who can wait for it: stored on an object, returned, put into a list. */
function isKept(tree: SyntaxTree, call: number): boolean {
  const parent = tree.parent(call)
  const kind = tree.kind(parent)
  if (kind === Kind.Return || kind === Kind.ListComp || kind === Kind.List || kind === Kind.Yield) return true
  if (kind === Kind.Call && parent + 1 !== call) return true
  if (kind !== Kind.Assign && kind !== Kind.AnnAssign) return false
  if (tree.kind(parent + 1) !== Kind.Name) return true
  const name = tree.name(parent + 1)
  const fn = tree.enclosingFunction(call)
  for (let at = parent; at < tree.end(fn); at++) {
    const use = tree.kind(at)
    if (use === Kind.Return && at + 1 < tree.end(at) && tree.kind(at + 1) === Kind.Name && tree.name(at + 1) === name)
      return true
    // `self.thread = thread`, `threads.append(thread)`
    if (
      use === Kind.Assign &&
      tree.kind(at + 1) !== Kind.Name &&
      tree.kind(tree.lastChild(at)) === Kind.Name &&
      tree.name(tree.lastChild(at)) === name
    )
      return true
    if (
      use === Kind.Call &&
      calleeName(tree, at) === 'append' &&
      tree.kind(tree.lastChild(at)) === Kind.Name &&
      tree.name(tree.lastChild(at)) === name
    )
      return true
  }
  return false
}

/** The function (or, for an attribute, the class) joins it, or asks for its result. */
function isWaitedFor(tree: SyntaxTree, node: number): boolean {
  const fn = tree.enclosingFunction(node)
  if (fn < 0) return true
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Call) continue
    const name = calleeName(tree, at)
    // `", ".join(names)` waits for nobody.
    if (name === 'join' && tree.kind(at + 2) !== Kind.String && tree.childCount(at) <= 2 && !hasTextArgument(tree, at))
      return true
    if (
      name === 'result' ||
      name === 'as_completed' ||
      name === 'is_alive' ||
      name === 'get_nowait' ||
      (name === 'get' && /queue/i.test(tree.dotted(at + 1))) ||
      (name === 'wait' && tree.childCount(at) <= 2)
    )
      return true
  }
  return false
}

function hasTextArgument(tree: SyntaxTree, call: number): boolean {
  const argument = tree.nextSibling(call + 1)
  return argument >= 0 && tree.kind(argument) !== Kind.Keyword && tree.kind(argument) !== Kind.Number
}

/** `with ThreadPoolExecutor() as pool: pool.submit(…)` waits at the end of the block. */
function isInsidePool(tree: SyntaxTree, node: number): boolean {
  const receiver = node + 2
  if (tree.kind(receiver) !== Kind.Name) return false
  for (let at = tree.ancestor(node, Kind.With); at >= 0; at = tree.ancestor(at, Kind.With)) {
    for (
      let item = tree.firstChild(at);
      item >= 0 && tree.kind(item) === Kind.WithItem;
      item = tree.nextSibling(item)
    ) {
      const target = tree.lastChild(item)
      if (tree.kind(target) === Kind.Name && tree.has(target, Flag.STORE) && tree.name(target) === tree.name(receiver))
        return true
    }
  }
  return false
}
