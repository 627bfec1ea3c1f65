// What a body does once in its process and not again: work behind a test on something that outlives the call and is set with it.
import { Flag, Kind, Op } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'

/** Nodes of a body from the first number up to, and without, the second. */
type Region = readonly [from: number, end: number]

const NONE: readonly Region[] = []
const known = new WeakMap<AnalysedProgram, (readonly Region[] | undefined)[]>()

/**
 * Whether a node of a body lies where work is remembered: `if (cached) return cached; cached = read()`, `this.x ??= read()`,
 * `if (!kept.has(key)) kept.set(key, read())`. An assignment to a local, or to an object that was handed in, remembers nothing.
 */
export function isDoneOnce(program: AnalysedProgram, fn: FunctionId, node: number): boolean {
  for (const [from, end] of regionsOf(program, fn)) if (node >= from && node < end) return true
  return false
}

function regionsOf(program: AnalysedProgram, fn: FunctionId): readonly Region[] {
  let all = known.get(program)
  if (all === undefined) {
    all = new Array(program.functionCount)
    known.set(program, all)
  }
  let regions = all[fn]
  if (regions === undefined) {
    const kept = program.inference.isTypeScript ? keptInTypeScript(program, fn) : keptInPython(program, fn)
    regions = kept.size === 0 ? NONE : regionsAround(program, fn, kept)
    all[fn] = regions
  }
  return regions
}

/** What outlives a call and is set by it, as written, with the nodes that set it. */
type Kept = ReadonlyMap<string, readonly number[]>

/** Variables of a scope around, attributes of `this` and of what stands outside, maps there that are given an entry. */
function keptInTypeScript(program: AnalysedProgram, fn: FunctionId): Kept {
  const { index } = program
  const tree = index.trees[index.scopeModule[fn]!]!
  const kept = new Map<string, number[]>()
  let locals: ReadonlySet<number> | undefined
  const add = (target: number, store: number): void => {
    const path = tree.dotted(target)
    if (path === '') return
    let root = target
    while (tree.kind(root) === Kind.Attribute) root++
    if (tree.text(root) !== 'this') {
      locals ??= localsOf(program, fn)
      if (locals.has(tree.name(root))) return
    }
    kept.set(path, [...(kept.get(path) ?? []), store])
  }
  const definition = index.scopeNode[fn]!
  for (let at = definition, end = tree.end(definition); at < end; at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.Name || kind === Kind.Attribute) && tree.has(at, Flag.REBOUND)) add(at, at)
    else if (kind === Kind.Call && tree.kind(at + 1) === Kind.Attribute && tree.text(at + 1) === 'set') add(at + 2, at)
  }
  return kept
}

/** Names that are bound in a body or in a function inside it; scopes are numbered in source order. */
function localsOf({ index }: AnalysedProgram, fn: FunctionId): ReadonlySet<number> {
  const names = new Set<number>()
  const { start, name } = index.bindings
  const module = index.scopeModule[fn]!
  const end = index.trees[module]!.end(index.scopeNode[fn]!)
  for (let scope = fn; scope < index.scopeCount; scope++) {
    if (index.scopeModule[scope] !== module || index.scopeNode[scope]! >= end) break
    for (let i = start[scope]!; i < start[scope + 1]!; i++) names.add(name[i]!)
  }
  return names
}

/** Names that are declared `global`, flags of the object (`self.running = True`), and what a class keeps (`cls.instance`). */
function keptInPython(program: AnalysedProgram, fn: FunctionId): Kept {
  const { index } = program
  const tree = index.trees[index.scopeModule[fn]!]!
  const kept = new Map<string, number[]>()
  const { start, name, node } = index.bindings
  for (let i = start[fn]!; i < start[fn + 1]!; i++) {
    const at = node[i]!
    if (tree.kind(at) !== Kind.Alias || tree.kind(tree.parent(at)) !== Kind.Global) continue
    const stores: number[] = []
    for (let j = start[fn]!; j < start[fn + 1]!; j++)
      if (name[j] === name[i] && tree.kind(node[j]!) === Kind.Name) stores.push(node[j]!)
    if (stores.length > 0) kept.set(tree.text(at), stores)
  }
  const owner = program.inference.ownerOf(fn)
  if (owner < 0) return kept
  const definition = index.scopeNode[fn]!
  const stored = index.selfStores
  for (let i = stored.start[owner]!; i < stored.start[owner + 1]!; i++) {
    const at = stored.node[i]!
    if (at < definition || at >= tree.end(definition)) continue
    const statement = tree.parent(at)
    if (tree.kind(statement) !== Kind.Assign) continue
    // `cls.instance` holds whatever was made; an object's flag says `True`, and such objects live long.
    if (tree.kind(tree.lastChild(statement)) !== Kind.True && !isClassWide(tree, at)) continue
    const path = tree.dotted(at)
    if (path !== '') kept.set(path, [...(kept.get(path) ?? []), at])
  }
  return kept
}

/** `cls.instance`, `Clients.instance`. */
export function isClassWide(tree: SyntaxTree, attribute: number): boolean {
  const object = attribute + 1
  return tree.kind(object) === Kind.Name && /^(cls|[A-Z])/.test(tree.text(object))
}

function regionsAround({ index }: AnalysedProgram, fn: FunctionId, kept: Kept): readonly Region[] {
  const tree = index.trees[index.scopeModule[fn]!]!
  const definition = index.scopeNode[fn]!
  const end = tree.end(definition)
  const asked = new Map<string, string>()
  const regions: Region[] = []
  /** Takes a stretch of nodes when one of the names is set in it. */
  const take = (names: ReadonlySet<string>, from: number, to: number): boolean => {
    for (const name of names) {
      if (!kept.get(name)?.some((store) => store >= from && store < to)) continue
      regions.push([from, to])
      return true
    }
    return false
  }
  for (let at = definition; at < end; at++) {
    switch (tree.kind(at)) {
      case Kind.Assign: {
        const value = tree.lastChild(at)
        // `const hit = kept.get(key)`: a test on the local is one on what is kept.
        if (tree.kind(at + 1) === Kind.Name && value >= 0) {
          for (const name of mentioned(tree, value, kept, asked)) asked.set(tree.text(at + 1), name)
        }
        break
      }
      case Kind.AugAssign: {
        const op = tree.value(at)
        if (op === Op.Or || op === Op.And) take(new Set([tree.dotted(at + 1)]), at, tree.end(at))
        break
      }
      case Kind.If:
      case Kind.Elif: {
        const names = mentioned(tree, at + 1, kept, asked)
        if (names.size > 0) takeBranches(tree, at, end, names, take)
        break
      }
      case Kind.IfExp: {
        const names = mentioned(tree, tree.child(at, 1), kept, asked)
        if (names.size > 0) take(names, at, tree.end(at))
        break
      }
      case Kind.BoolOp: {
        // `cached || (cached = read())`, `cached = cached ?? read()`.
        const names = mentioned(tree, at + 1, kept, asked)
        if (names.size === 0 || take(names, at, tree.end(at))) break
        const statement = tree.parent(at)
        if (tree.kind(statement) === Kind.Assign) take(names, statement, tree.end(statement))
        break
      }
    }
  }
  return regions
}

/** The branches of a test that set what it asks for, and what follows a branch that leaves, when it is set there. */
function takeBranches(
  tree: SyntaxTree,
  test: number,
  end: number,
  names: ReadonlySet<string>,
  take: (names: ReadonlySet<string>, from: number, to: number) => boolean,
): void {
  for (let part = tree.nextSibling(test + 1); part >= 0; part = tree.nextSibling(part)) {
    take(names, part, tree.end(part))
    const last = tree.lastChild(part)
    const kind = last < 0 ? -1 : tree.kind(last)
    if (kind === Kind.Return || kind === Kind.Raise) take(names, tree.end(test), end)
  }
}

/** Kept names that an expression reads, by themselves or by a local that was read from them. */
function mentioned(
  tree: SyntaxTree,
  node: number,
  kept: Kept,
  asked: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const names = new Set<string>()
  for (let at = node; at < tree.end(node); at++) {
    const kind = tree.kind(at)
    if (kind !== Kind.Name && kind !== Kind.Attribute) continue
    const path = tree.dotted(at)
    if (kept.has(path)) names.add(path)
    const behind = asked.get(path)
    if (behind !== undefined) names.add(behind)
  }
  return names
}
