// The places in a body that block its thread: library calls with a cost, and loops or lengths that query a database.
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { type Cost, isCertain } from '../../graph/calls/call-resolution.ts'
import type { Effect, FunctionId } from '../../graph/contract.ts'
import { TypeKind } from '../../graph/inference/type-table.ts'
import { type AnalysedProgram, lineOfCall } from '../../graph/program/build-program.ts'
import { isClassWide, isDoneOnce } from './done-once.ts'
import { waits } from './waiting-primitives.ts'

/** What a site costs, as the rules divide it. */
export type Family = 'database' | 'call' | 'vendor' | 'file' | 'cpu'

/** Opening or reading one file: short, unless the file is large or far away. */
const SHORT_READS = new Set([
  'builtins.open',
  'io.open',
  'pathlib.Path.open',
  'pathlib.Path.read_text',
  'pathlib.Path.read_bytes',
])

/** How bad a site of a family is when a request waits for it. */
export function severityOfSite(site: Pick<BlockingSite, 'family' | 'name'>): 'high' | 'medium' | 'low' {
  if (site.family === 'file') return SHORT_READS.has(site.name) ? 'low' : 'medium'
  return site.family === 'cpu' ? 'medium' : 'high'
}

/** The family of an effect, or undefined for those that no rule reports (`stat`, `wait`). */
const FAMILY: Readonly<Partial<Record<Effect, Family>>> = {
  database: 'database',
  network: 'call',
  dns: 'call',
  sleep: 'call',
  process: 'call',
  vendor: 'vendor',
  file: 'file',
  cpu: 'cpu',
}

/** A place that blocks. */
export interface BlockingSite {
  readonly node: number
  readonly line: number
  readonly effect: Effect
  readonly family: Family
  /** Library name, for example `requests.get`; `iteration of …` for a loop over a query set. */
  readonly name: string
  readonly confidence: Confidence
  /** Why it is only possible, for the page and for people who ask. */
  readonly doubt: '' | 'memoised' | 'guarded' | 'awaited'
}

/** Names by which code asks whether it runs in its sync or its async mode. */
const MODE =
  /^_*((is|use|run|in)_?)?(a?sync|async_?mode|sync_?mode|async_?context|sync_?client|async_?client)$|^(is)?_?(coroutine|coroutinefunction|iscoroutine\w*|isawaitable)$|^Async[A-Z]/i

const COUNTING = new Set([
  'list',
  'len',
  'tuple',
  'set',
  'sorted',
  'bool',
  'sum',
  'max',
  'min',
  'any',
  'all',
  'dict',
  'enumerate',
])

/** Sites directly in a body, in source order. */
export function blockingSites(program: AnalysedProgram, fn: FunctionId): readonly BlockingSite[] {
  const { index, graph } = program
  const module = index.scopeModule[fn]!
  const tree = index.trees[module]!
  const found: BlockingSite[] = []
  const add = (node: number, line: number, cost: Cost): void => {
    const family = FAMILY[cost.effect]
    if (family === undefined) return
    const doubt = isDoneOnce(program, fn, node) ? 'memoised' : doubtAt(tree, node, index.scopeNode[fn]!)
    found.push({
      node,
      line,
      effect: cost.effect,
      family,
      name: cost.name,
      confidence: doubt === '' ? cost.confidence : 'possible',
      doubt,
    })
  }
  const { start, order } = index.callsByScope
  for (let i = start[fn]!; i < start[fn + 1]!; i++) {
    const call = order[i]!
    const node = index.callNode[call]!
    const cost = program.effectOf(call)
    if (cost !== undefined) {
      if (waits(program, fn, tree, node, cost.name)) add(node, lineOfCall(tree, node), cost)
      continue
    }
    const name = graph
      .targets(call)
      .find((t) => t.external.startsWith('builtins.'))
      ?.external.slice(9)
    if (name === undefined || !COUNTING.has(name)) continue
    const argument = tree.nextSibling(node + 1)
    if (argument < 0) continue
    const cost_ = iterationCost(
      program,
      module,
      tree.kind(argument) === Kind.GeneratorExp ? -1 : argument,
      name === 'len' ? '__len__' : '__iter__',
    )
    if (cost_ !== undefined) add(node, tree.line(node), cost_)
  }
  for (const loop of graph.loopsIn(fn)) {
    if (tree.has(loop, Flag.ASYNC)) continue
    const iterable = tree.child(loop, 1)
    const cost = iterationCost(program, module, iterable, '__iter__')
    if (cost !== undefined) add(loop, tree.line(iterable), cost)
  }
  return found.sort((a, b) => a.node - b.node)
}

/** Cost of iterating over (or counting) an expression. */
function iterationCost(program: AnalysedProgram, module: number, node: number, method: string): Cost | undefined {
  if (node < 0) return undefined
  const { inference } = program
  const { table } = inference
  const type = inference.typeOf(module, node)
  for (const member of table.members(type)) {
    const kind = table.kind[member]
    if (kind !== TypeKind.OutsideInstance && kind !== TypeKind.Instance) continue
    const found = inference.memberOf(module, member, -1, method)
    if (table.kind[found] !== TypeKind.OutsideMethod) continue
    const name = table.outsideName(table.a[found]!)
    const entry = inference.entryOf(name)
    if (entry?.effect === undefined || entry.isAsync) continue
    const sure = table.members(type).length === 1 && isCertain(inference, module, node)
    return {
      effect: entry.effect,
      name: `iteration of ${name.slice(0, -method.length - 1)}`,
      confidence: sure ? 'definite' : 'probable',
    }
  }
  return undefined
}

/** Why a site may not block after all: it fills a memo, or stands under a test for sync or async. */
function doubtAt(tree: SyntaxTree, node: number, definition: number): BlockingSite['doubt'] {
  if (tree.kind(tree.parent(node)) === Kind.Await) return 'awaited'
  for (let at = tree.parent(node), from = node; at > definition; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind !== Kind.If && kind !== Kind.Elif && kind !== Kind.IfExp) continue
    const test = kind === Kind.IfExp ? tree.child(at, 1) : at + 1
    if (from === test) continue
    for (let inner = test; inner < tree.end(test); inner++) {
      const innerKind = tree.kind(inner)
      if (innerKind !== Kind.Name && innerKind !== Kind.Attribute) continue
      const text = tree.text(inner)
      if (MODE.test(text)) return 'guarded'
      if (innerKind === Kind.Attribute && isClassWide(tree, inner) && isStoredIn(tree, from, tree.name(inner)))
        return 'memoised'
    }
  }
  return ''
}

function isStoredIn(tree: SyntaxTree, block: number, name: number): boolean {
  for (let at = block; at < tree.end(block); at++) {
    if (tree.kind(at) === Kind.Attribute && tree.has(at, Flag.STORE) && tree.name(at) === name) return true
  }
  return false
}
