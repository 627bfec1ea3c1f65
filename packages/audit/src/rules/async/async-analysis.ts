// What the async rules share: the async functions of a program, their blocking sites, and the shortest sync chains to one.

import type { ChainStep } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import { type Arrow, ArrowKind } from '../../graph/calls/call-graph.ts'
import type { FunctionId, Program } from '../../graph/contract.ts'
import { type AnalysedProgram, lineOfCall, writtenCallee } from '../../graph/program/build-program.ts'
import { ScopeKind } from '../../graph/source-index.ts'
import { type BlockingSite, blockingSites, type Family } from './blocking-sites.ts'
import { closedBranches, isUnder } from './closed-branches.ts'
import { isDoneOnce } from './done-once.ts'
import { loopBodies } from './loop-bodies.ts'
import { type Standing, standingOf } from './standing.ts'

/** Sync functions between an async body and the primitive, at most. */
const MAX_CHAIN = 8

const FAMILIES: readonly Family[] = ['database', 'vendor', 'call', 'file', 'cpu']
const MEMOISERS = new Set([
  'lru_cache',
  'cache',
  'cached',
  'memoize',
  'memoized',
  'ttl_cache',
  'cachedmethod',
  'alru_cache',
  'singleton',
  'cached_method',
])

/** Logging is set up once, and files are its purpose. */
const LOG_SETUP =
  /(^|\.|_)(setup|set_up|configure|config|init|initialize|initialise|get|create|make|add)_(\w+_)?(log|logs|logger|loggers|logging|log_handler|file_handler)$/i

/** An async function that the rules judge. */
export interface AsyncBody {
  readonly fn: FunctionId
  readonly standing: Standing
}

/** A way from a sync function to a blocking site. */
export interface Chain {
  /** Arrows from the async body to the body that holds the site, with the body each leaves. */
  readonly steps: readonly { readonly from: FunctionId; readonly arrow: Arrow }[]
  readonly site: BlockingSite
  /** The body that holds the site. */
  readonly holder: FunctionId
  readonly confidence: Confidence
}

interface Distances {
  readonly depth: Int8Array
  readonly next: (Arrow | undefined)[]
}

/** A function as its language defines it. */
export function defined(name: string, isAsync: boolean, isTypeScript: boolean): string {
  return isTypeScript ? `${isAsync ? 'async ' : ''}function ${name}` : `async def ${name}`
}

const analyses = new WeakMap<Program, AsyncAnalysis>()

/** The analysis of a program, made once per run. */
export function asyncAnalysis(program: Program): AsyncAnalysis {
  let analysis = analyses.get(program)
  if (analysis === undefined) {
    // Programs are only ever built by buildProgram, which makes this class.
    analysis = new AsyncAnalysis(program as AnalysedProgram)
    analyses.set(program, analysis)
  }
  return analysis
}

/** Answers what blocks where. */
export class AsyncAnalysis {
  readonly program: AnalysedProgram
  readonly bodies: readonly AsyncBody[]
  readonly #sites: (readonly BlockingSite[] | undefined)[]
  readonly #distances = new Map<Family, Distances>()
  #reached: ReadonlyMap<FunctionId, { readonly from: FunctionId; readonly arrow: Arrow }[]> | undefined
  readonly #standing: (fn: FunctionId) => Standing

  constructor(program: AnalysedProgram) {
    this.program = program
    this.#sites = new Array(program.functionCount)
    const { index } = program
    if (program.inference.isTypeScript) {
      this.#standing = () => 'loop'
      this.bodies = loopBodies(program).map((fn) => ({ fn, standing: 'loop' }))
      return
    }
    const functions: FunctionId[] = []
    for (let fn = 0; fn < index.scopeCount; fn++) {
      if (index.scopeKind[fn] !== ScopeKind.Function) continue
      const module = index.scopeModule[fn]!
      const role = program.modules[module]!.role
      if (role !== 'code' && role !== 'configuration') continue
      if (index.trees[module]!.has(index.scopeNode[fn]!, Flag.ASYNC)) functions.push(fn)
    }
    this.#standing = functions.length === 0 ? () => 'loop' : standingOf(program)
    this.bodies = functions
      .map((fn) => ({ fn, standing: this.#standing(fn) }))
      .filter((body) => body.standing !== 'alone')
  }

  /** Blocking sites directly in a body. */
  sites(fn: FunctionId): readonly BlockingSite[] {
    let sites = this.#sites[fn]
    if (sites === undefined) {
      sites = blockingSites(this.program, fn)
      this.#sites[fn] = sites
    }
    return sites
  }

  /** The nearest site of a family that a sync function reaches by calls, itself included; undefined when there is none. */
  chainFrom(body: FunctionId, arrow: Arrow, family: Family): Chain | undefined {
    const { depth, next } = this.#distancesOf(family)
    if (depth[arrow.target]! < 0) return undefined
    const steps: { from: FunctionId; arrow: Arrow }[] = [{ from: body, arrow }]
    let at = arrow.target
    const closed = closedBranches(this.program, body, arrow)
    if (closed.size > 0) {
      const own = this.sites(at).find(
        (site) => site.family === family && site.confidence !== 'possible' && !isUnder(closed, site.node),
      )
      if (own !== undefined)
        return { steps, site: own, holder: at, confidence: arrow.sure ? own.confidence : 'probable' }
      const open = this.syncCalls(at)
        .filter((call) => depth[call.target]! >= 0 && call.target !== at && !isUnder(closed, call.node))
        .reduce<Arrow | undefined>(
          (best, call) => (best === undefined || depth[call.target]! < depth[best.target]! ? call : best),
          undefined,
        )
      if (open === undefined) return undefined
      steps.push({ from: at, arrow: open })
      at = open.target
    }
    for (let following = next[at]; following !== undefined; following = next[at]) {
      steps.push({ from: at, arrow: following })
      at = following.target
    }
    const site = this.#reported(at, family)
    if (site === undefined) return undefined
    const sure = steps.every((step) => step.arrow.sure) && site.confidence === 'definite'
    return { steps, site, holder: at, confidence: sure ? 'definite' : 'probable' }
  }

  /** The worst chain over all families. */
  worstChain(body: FunctionId, arrow: Arrow): Chain | undefined {
    for (const family of FAMILIES) {
      const chain = this.chainFrom(body, arrow, family)
      if (chain !== undefined) return chain
    }
    return undefined
  }

  /** Calls of sync functions in the body itself, those left out that it makes once and remembers. */
  syncCalls(fn: FunctionId): readonly Arrow[] {
    return this.program.graph
      .arrows(fn)
      .filter((arrow) => arrow.kind === ArrowKind.Call && !isDoneOnce(this.program, fn, arrow.node))
  }

  #reported(fn: FunctionId, family: Family): BlockingSite | undefined {
    return this.sites(fn).find((site) => site.family === family && site.confidence !== 'possible')
  }

  /** Number of sync calls from each sync function to its nearest site of a family; -1 beyond MAX_CHAIN. */
  #distancesOf(family: Family): Distances {
    const known = this.#distances.get(family)
    if (known !== undefined) return known
    const count = this.program.functionCount
    const depth = new Int8Array(count).fill(-1)
    const next: (Arrow | undefined)[] = new Array(count)
    let level: FunctionId[] = []
    for (const fn of this.#callers().keys()) {
      if (this.#isOnce(fn) || this.#reported(fn, family) === undefined) continue
      depth[fn] = 0
      level.push(fn)
    }
    const callers = this.#callers()
    for (let distance = 1; distance < MAX_CHAIN && level.length > 0; distance++) {
      const further: FunctionId[] = []
      for (const fn of level) {
        for (const { from, arrow } of callers.get(fn) ?? []) {
          if (depth[from]! >= 0 || this.#isOnce(from) || this.#isClosed(from, arrow, family, depth)) continue
          depth[from] = distance
          next[from] = arrow
          further.push(from)
        }
      }
      level = further
    }
    const distances = { depth, next }
    this.#distances.set(family, distances)
    return distances
  }

  /** Whether the constants of a call close every way of the called function to a site of the family. */
  #isClosed(from: FunctionId, arrow: Arrow, family: Family, depth: Int8Array): boolean {
    const closed = closedBranches(this.program, from, arrow)
    if (closed.size === 0) return false
    const at = arrow.target
    const isOpen = this.sites(at).some(
      (site) => site.family === family && site.confidence !== 'possible' && !isUnder(closed, site.node),
    )
    if (isOpen) return false
    return !this.syncCalls(at).some(
      (call) => call.target !== at && depth[call.target]! >= 0 && !isUnder(closed, call.node),
    )
  }

  /** Every sync function that some async body reaches by calls, with the sync functions that call it. */
  #callers(): ReadonlyMap<FunctionId, { readonly from: FunctionId; readonly arrow: Arrow }[]> {
    if (this.#reached !== undefined) return this.#reached
    const reached = new Map<FunctionId, { readonly from: FunctionId; readonly arrow: Arrow }[]>()
    const queue: FunctionId[] = []
    const enter = (fn: FunctionId): void => {
      if (reached.has(fn) || !this.#isSync(fn)) return
      reached.set(fn, [])
      queue.push(fn)
    }
    for (const { fn } of this.bodies) for (const arrow of this.syncCalls(fn)) enter(arrow.target)
    for (let head = 0; head < queue.length; head++) {
      const from = queue[head]!
      for (const arrow of this.syncCalls(from)) {
        enter(arrow.target)
        reached.get(arrow.target)?.push({ from, arrow })
      }
    }
    this.#reached = new Map([...reached].sort((a, b) => a[0] - b[0]))
    return this.#reached
  }

  #isSync(fn: FunctionId): boolean {
    const { index } = this.program
    const kind = index.scopeKind[fn]
    if (kind !== ScopeKind.Function && kind !== ScopeKind.Lambda) return false
    const module = index.scopeModule[fn]!
    const role = this.program.modules[module]!.role
    if (role === 'test' || role === 'stub') return false
    const tree = index.trees[module]!
    return tree.kind(index.scopeNode[fn]!) === Kind.Lambda || !tree.has(index.scopeNode[fn]!, Flag.ASYNC)
  }

  /** Whether a function works once per process: memoised, or the set-up of logging. */
  #isOnce(fn: FunctionId): boolean {
    if (this.program.index.scopeKind[fn] !== ScopeKind.Function) return false
    if (LOG_SETUP.test(this.program.functionInfo(fn).name)) return true
    return this.program.inference.decoratorNames(fn).some((name) => MEMOISERS.has(name))
  }

  path(fn: FunctionId): string {
    return this.program.modules[this.program.index.scopeModule[fn]!]!.path
  }

  /** Line of a node in the module of a body. */
  lineOf(fn: FunctionId, node: number): number {
    const tree = this.program.index.trees[this.program.index.scopeModule[fn]!]!
    return tree.kind(node) === Kind.Call ? lineOfCall(tree, node) : tree.line(node)
  }

  /** The chain drawn: the async body, each call on the way, the primitive. */
  draw(chain: Chain): ChainStep[] {
    const { program } = this
    const first = chain.steps[0]!.from
    const info = program.functionInfo(first)
    const steps: ChainStep[] = [
      {
        path: this.path(first),
        line: info.line,
        label: defined(info.name, info.isAsync, program.inference.isTypeScript),
      },
    ]
    for (const { from, arrow } of chain.steps) {
      steps.push({
        path: this.path(from),
        line: this.lineOf(from, arrow.node),
        label: `${program.qualifiedName(arrow.target)}()`,
      })
    }
    steps.push({ path: this.path(chain.holder), line: chain.site.line, label: chain.site.name })
    return steps
  }

  /** Callee of a site as the source writes it. */
  written(fn: FunctionId, node: number): string {
    const tree = this.program.index.trees[this.program.index.scopeModule[fn]!]!
    return tree.kind(node) === Kind.Call ? writtenCallee(tree, node + 1) : 'for'
  }
}
