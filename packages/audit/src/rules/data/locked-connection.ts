// data/locked-connection: one lock of the process is held while a connection of a pool is in use, so that queries run one after another.
import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName } from '../../survey/expressions.ts'
import { type LibraryCall, libraryCalls } from '../../survey/library-calls.ts'
import { bodyOf, functionSite, placeOf } from '../../survey/whereabouts.ts'

export const rule: Rule = {
  id: 'data/locked-connection',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 60, per: 'site' },
  trial: true,
  summary: 'One lock of the process is held around every use of a pool, so that queries run one after another.',
  judges: { python: judge },
}

/** What borrows a connection of a pool. */
const BORROWS = [
  'sqlalchemy.Engine.connect',
  'sqlalchemy.Engine.begin',
  'sqlalchemy.ext.asyncio.AsyncEngine.connect',
  'sqlalchemy.ext.asyncio.AsyncEngine.begin',
  'asyncpg.Connection.acquire',
  'psycopg_pool.ConnectionPool.connection',
  'psycopg_pool.AsyncConnectionPool.connection',
]
const LOCKS = /^(?:asyncio|threading|anyio|multiprocessing)\.(?:\w+\.)*(?:R?Lock|Semaphore)$/

function judge(context: RuleContext): RuleResult {
  const borrowed = libraryCalls(context, BORROWS)
  const detections: Detection[] = []
  for (const call of borrowed) {
    const lock = lockAround(context, call)
    if (lock === undefined) continue
    const body = bodyOf(context, call)
    const { name } = context.program.functionInfo(body)
    const routes = context.program.reach.routes(body)
    detections.push({
      place: placeOf(context, { module: call.module, node: lock.node }),
      subject: name,
      evidence: `${lock.written} around ${call.name}`,
      message: {
        what: `\`${name}\` holds \`${lock.written}\` while it has a connection of the pool.`,
        why: 'All who ask the database in this process wait for each other, however many connections the pool has: one slow query stops every request.',
        do: 'Let the pool limit how many ask at once and take the lock away; where two writes must not overlap, lock the row (`FOR UPDATE`) or take an advisory lock of the transaction.',
      },
      confidence: 'probable',
      related: [{ ...placeOf(context, call), label: call.name }],
      fanOut: routes,
      fixSite: functionSite(context, body),
    })
  }
  return { detections, examined: { count: borrowed.length, of: 'places that borrow a connection' } }
}

interface Held {
  readonly node: number
  readonly written: string
}

/** A lock that lives longer than the call, held where the connection is borrowed: `async with self.lock:`, or acquired before. */
function lockAround(context: RuleContext, { module, node }: LibraryCall): Held | undefined {
  const tree = context.trees[module]!
  const fn = tree.enclosingFunction(node)
  if (fn < 0) return undefined
  for (let at = tree.parent(node); at > fn; at = tree.parent(at)) {
    if (tree.kind(at) !== Kind.With) continue
    for (let item = tree.firstChild(at); item >= 0 && tree.kind(item) === Kind.WithItem; item = tree.nextSibling(item))
      if (item < node && isSharedLock(context, module, tree, item + 1))
        return { node: item + 1, written: tree.dotted(item + 1) }
  }
  let held: Held | undefined
  for (let at = fn; at < node; at++) {
    if (tree.kind(at) !== Kind.Call || tree.kind(at + 1) !== Kind.Attribute) continue
    const name = calleeName(tree, at)
    if (name === 'acquire' && isSharedLock(context, module, tree, at + 2))
      held = { node: at, written: tree.dotted(at + 2) }
    else if (name === 'release' && tree.dotted(at + 2) === held?.written) held = undefined
  }
  return held
}

/** An attribute of the object or of the class, or a name of the module: not one of many that are kept under keys. */
function isSharedLock(context: RuleContext, module: ModuleId, tree: SyntaxTree, node: number): boolean {
  const isShared = tree.kind(node) === Kind.Attribute || (tree.kind(node) === Kind.Name && !isBoundHere(tree, node))
  return isShared && context.program.instanceOf(module, node).some((name) => LOCKS.test(name))
}

function isBoundHere(tree: SyntaxTree, name: number): boolean {
  const fn = tree.enclosingFunction(name)
  for (let at = fn; at < name; at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.Name && tree.has(at, 1)) || kind === Kind.Param)
      if (tree.name(at) === tree.name(name)) return true
  }
  return false
}
