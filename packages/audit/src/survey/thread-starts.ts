// Where Python hands work to threads, processes and pools: which function runs there, and whether anybody waits for it.
import { Flag, Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { FunctionId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { calleeName, keyword, positional, receiverOf } from './expressions.ts'
import { type Site, surveyOf } from './survey.ts'
import { functionsOf, methodOf, projectClassesOf } from './what-it-is.ts'
import { isProduct } from './whereabouts.ts'

/** Work that is handed over. */
export interface Start extends Site {
  /** `a thread`, `a child process`, `a thread pool`. */
  readonly what: string
  /** Functions that run there, as far as they are known. */
  readonly work: readonly FunctionId[]
  /** What runs, as written: `self._start`. */
  readonly name: string
  /** Somebody waits for its end in every case: the function, or the class that keeps it. */
  readonly isJoined: boolean
  /** The function itself waits for its end. */
  readonly isJoinedHere: boolean
  /** It is given back to a caller, who may wait. */
  readonly isHandedOn: boolean
}

const known = new WeakMap<Program, readonly Start[]>()

/** Every start in product code, in the order of modules and lines. */
export function threadStarts(context: RuleContext): readonly Start[] {
  let starts = known.get(context.program)
  if (starts === undefined) {
    starts = [...made(context), ...subclasses(context), ...submitted(context)].sort(
      (a, b) => a.module - b.module || a.node - b.node,
    )
    known.set(context.program, starts)
  }
  return starts
}

const THREADS = /^(?:threading\.(?:Thread|Timer)|multiprocessing\.(?:\w+\.)?Process)$/

/** `Thread(target=f)`, `Timer(10, f)`, `Process(target=f)`. */
function made(context: RuleContext): Start[] {
  const found: Start[] = []
  for (const [name, what] of [
    ['Thread', 'a thread'],
    ['Timer', 'a timer thread'],
    ['Process', 'a child process'],
  ] as const) {
    for (const site of surveyOf(context).callsNamed(name)) {
      if (
        !isProduct(context.program.modules[site.module]!) ||
        !THREADS.test(context.program.nameOf(site.module, site.node + 1))
      )
        continue
      const tree = context.trees[site.module]!
      const target = keyword(tree, site.node, name === 'Timer' ? 'function' : 'target')
      const node = target >= 0 ? target : positional(tree, site.node, 1)
      found.push(startOf(context, site, what, node))
    }
  }
  return found
}

/** `EmailThread().start()` of a class of the project that derives from Thread. */
function subclasses(context: RuleContext): Start[] {
  const found: Start[] = []
  for (const site of surveyOf(context).callsNamed('start')) {
    const tree = context.trees[site.module]!
    const receiver = receiverOf(tree, site.node)
    if (receiver < 0 || !isProduct(context.program.modules[site.module]!)) continue
    const at = { module: site.module, node: receiver }
    const classes = projectClassesOf(context, at)
    if (classes.length === 0) continue
    const names = context.program.instanceOf(site.module, receiver)
    const isProcess = names.some((one) => /^multiprocessing\.(?:\w+\.)?Process$/.test(one))
    if (!isProcess && !names.includes('threading.Thread')) continue
    const run = methodOf(context, classes[0]!, 'run')
    const kept = nameOfValue(tree, receiver)
    found.push({
      ...site,
      what: isProcess ? 'a child process' : 'a thread',
      work: run === undefined ? [] : [run],
      name: tree.dotted(receiver) || calleeName(tree, receiver) || 'run',
      isJoined: waits(tree, site.node, kept),
      isJoinedHere: waits(tree, site.node, kept, true),
      isHandedOn: false,
    })
  }
  return found
}

const POOLS = /^(?:concurrent\.futures|multiprocessing\.pool)/

/** `pool.submit(f)`, `pool.apply_async(f)`, `loop.run_in_executor(pool, f)`. */
function submitted(context: RuleContext): Start[] {
  const { program, trees } = context
  const found: Start[] = []
  for (const method of ['submit', 'apply_async', 'map_async']) {
    for (const site of surveyOf(context).callsNamed(method)) {
      const tree = trees[site.module]!
      if (!isProduct(program.modules[site.module]!) || receiverOf(tree, site.node) < 0) continue
      const isPool =
        program.targetsOf(program.callAt(site.module, site.node)).some(({ external }) => POOLS.test(external)) ||
        program
          .instanceOf(site.module, site.node + 2)
          .some((one) => /^concurrent\.futures\..*Executor$|ThreadPool$/.test(one))
      if (!isPool || isInsidePool(tree, site.node)) continue
      const work = positional(tree, site.node, 0)
      // The thread of an event loop works for whoever uses the loop.
      if (work >= 0 && tree.dotted(work).endsWith('run_forever')) continue
      found.push(startOf(context, site, 'a thread pool', work))
    }
  }
  return found
}

function startOf(context: RuleContext, site: Site, what: string, target: number): Start {
  const tree = context.trees[site.module]!
  const work =
    target < 0
      ? []
      : tree.kind(target) === Kind.Lambda
        ? [context.program.functionAt(site.module, target)]
        : functionsOf(context, { module: site.module, node: target })
  const kept = keptUnder(tree, site.node)
  return {
    ...site,
    what,
    work,
    name: target < 0 ? what : tree.dotted(target) || 'a function',
    isJoined: waits(tree, site.node, kept),
    isJoinedHere: waits(tree, site.node, kept, true),
    isHandedOn: isHandedOn(tree, site.node, kept),
  }
}

/** Name (run-wide number) of the variable or attribute that a call's result is assigned to, -1 for none. */
function keptUnder(tree: SyntaxTree, call: number): number {
  const parent = tree.parent(call)
  if (tree.kind(parent) !== Kind.Assign && tree.kind(parent) !== Kind.AnnAssign) return -1
  return nameOfValue(tree, parent + 1)
}

function nameOfValue(tree: SyntaxTree, node: number): number {
  const kind = tree.kind(node)
  return kind === Kind.Name || kind === Kind.Attribute ? tree.name(node) : -1
}

/** Returned or yielded, awaited, or an argument of something that waits: `as_completed`, `wait`, `gather`, `wrap_future`. */
function isHandedOn(tree: SyntaxTree, call: number, kept: number): boolean {
  for (let at = tree.parent(call); at >= 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Return || kind === Kind.Yield || kind === Kind.Await) return true
    if (kind === Kind.ListComp || kind === Kind.GeneratorExp || kind === Kind.DictComp || kind === Kind.List)
      return true
    if (
      kind === Kind.Call &&
      call > at + 1 &&
      /^(?:as_completed|wait|gather|wrap_future|append|put|submit|result)$/.test(calleeName(tree, at))
    )
      return calleeName(tree, at) !== 'add'
    if (kind === Kind.Expr || kind === Kind.Assign || kind === Kind.Body) break
  }
  if (kept < 0) return false
  const fn = Math.max(tree.enclosingFunction(call), 0)
  for (let at = call; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if (kind !== Kind.Return && kind !== Kind.Yield) continue
    for (let part = at + 1; part < tree.end(at); part++)
      if (isNamed(tree, part, kept) && tree.parent(part) === at) return true
  }
  return false
}

const isNamed = (tree: SyntaxTree, node: number, name: number): boolean => {
  const kind = tree.kind(node)
  return (kind === Kind.Name || kind === Kind.Attribute) && tree.name(node) === name
}

const WAITS = /^(?:join|result|exception|as_completed|is_alive|wait|get_nowait|gather|wrap_future)$/

/**
 * Whether the end is waited for: in the function, or for an attribute anywhere in the class. `if wait: thread.join()` is
 * no waiting, because most callers do not ask for it.
 */
function waits(tree: SyntaxTree, call: number, kept: number, hereOnly = false): boolean {
  const fn = tree.enclosingFunction(call)
  if (fn < 0) return false
  const isAttribute = kept >= 0 && isKeptOnObject(tree, call)
  const around =
    !hereOnly && (isAttribute || appendedToObject(tree, fn, kept)) ? Math.max(tree.ancestor(fn, Kind.ClassDef), 0) : fn
  for (let at = around; at < tree.end(around); at++) {
    if (tree.kind(at) !== Kind.Call) continue
    const name = calleeName(tree, at)
    // What runs there puts its result into a queue, and the function takes it out.
    if (!WAITS.test(name) && !(name === 'get' && /queue/i.test(tree.dotted(at + 1)))) continue
    // `", ".join(names)` waits for nobody.
    if (
      name === 'join' &&
      (tree.kind(at + 1) !== Kind.Attribute || tree.kind(at + 2) === Kind.String || hasTextArgument(tree, at))
    )
      continue
    // Of a class only what concerns the attribute; of the function anything.
    if (isAttribute && !mentions(tree, at, kept)) continue
    if (!isUnderFlag(tree, at, around, kept)) return true
  }
  return false
}

function isKeptOnObject(tree: SyntaxTree, call: number): boolean {
  const parent = tree.parent(call)
  return (
    (tree.kind(parent) === Kind.Assign || tree.kind(parent) === Kind.AnnAssign) &&
    tree.kind(parent + 1) === Kind.Attribute
  )
}

/** `self.threads.append(thread)`: the class may wait for them all. */
function appendedToObject(tree: SyntaxTree, fn: number, kept: number): boolean {
  if (kept < 0) return false
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Call || calleeName(tree, at) !== 'append' || tree.kind(at + 2) !== Kind.Attribute)
      continue
    const last = tree.lastChild(at)
    if (isNamed(tree, last, kept)) return true
  }
  return false
}

/** Under `if wait:` where the test does not ask for the thread itself. */
function isUnderFlag(tree: SyntaxTree, node: number, limit: number, kept: number): boolean {
  for (let at = tree.parent(node), from = node; at > limit; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef) return false
    if ((kind !== Kind.If && kind !== Kind.Elif) || tree.kind(from) !== Kind.Body) continue
    const test = at + 1
    if (tree.kind(test) === Kind.Name && tree.name(test) !== kept) return true
  }
  return false
}

function mentions(tree: SyntaxTree, node: number, name: number): boolean {
  for (let at = node; at < tree.end(node); at++) if (isNamed(tree, at, name)) return true
  return false
}

function hasTextArgument(tree: SyntaxTree, call: number): boolean {
  const argument = tree.nextSibling(call + 1)
  return (
    argument >= 0 &&
    tree.kind(argument) !== Kind.Keyword &&
    tree.kind(argument) !== Kind.Number &&
    !(tree.kind(argument) === Kind.Attribute || tree.kind(argument) === Kind.Name)
  )
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
