// Which entry points reach a body of code, and by which way.
import { ArrowKind, type CallGraph } from '../calls/call-graph.ts'
import type { CallId, EntryKind, EntryPoint, FunctionId, Reach } from '../contract.ts'
import type { Entries } from './find-entry-points.ts'

const ALL: readonly EntryKind[] = [
  'route',
  'websocket',
  'dependency',
  'middleware',
  'exception-handler',
  'task',
  'scheduled',
  'command',
  'startup',
  'signal',
]
const maskOf = (kinds: readonly EntryKind[]): number => kinds.reduce((mask, kind) => mask | (1 << ALL.indexOf(kind)), 0)
const ROUTES: readonly EntryKind[] = ['route', 'websocket']

/** Answers questions about reachability; everything is computed on first question. */
export class ReachIndex implements Reach {
  readonly #graph: CallGraph
  readonly #entries: readonly EntryPoint[]
  readonly #count: number
  /** Arrows in compressed rows, forward and backward, with those that only frameworks know. */
  #rows: { start: Int32Array; to: Int32Array; backStart: Int32Array; backTo: Int32Array } | undefined
  readonly #extra: Entries['arrows']
  #masks: Uint16Array | undefined
  #byFunction: Map<FunctionId, EntryPoint[]> | undefined
  readonly #nearest = new Map<FunctionId, readonly EntryPoint[]>()

  constructor(graph: CallGraph, entries: Entries) {
    this.#graph = graph
    this.#entries = entries.entries
    this.#extra = entries.arrows
    this.#count = graph.inference.index.scopeCount
  }

  /** Arrows as compressed rows. Finds every arrow of the program. */
  rows(): { start: Int32Array; to: Int32Array; backStart: Int32Array; backTo: Int32Array } {
    if (this.#rows !== undefined) return this.#rows
    const from: number[] = []
    const to: number[] = []
    for (let fn = 0; fn < this.#count; fn++) {
      for (const arrow of this.#graph.arrows(fn)) {
        from.push(fn)
        to.push(arrow.target)
      }
    }
    for (const arrow of this.#extra) {
      from.push(arrow.from)
      to.push(arrow.to)
    }
    const forward = compress(from, to, this.#count)
    const backward = compress(to, from, this.#count)
    this.#rows = { start: forward.start, to: forward.to, backStart: backward.start, backTo: backward.to }
    return this.#rows
  }

  entriesOf(fn: FunctionId, kinds: readonly EntryKind[], limit = 20): readonly EntryPoint[] {
    let nearest = this.#nearest.get(fn)
    if (nearest === undefined) {
      nearest = this.#search(fn)
      this.#nearest.set(fn, nearest)
    }
    const found: EntryPoint[] = []
    for (const entry of nearest) {
      if (!kinds.includes(entry.kind)) continue
      found.push(entry)
      if (found.length >= limit) break
    }
    return found
  }

  #search(fn: FunctionId): readonly EntryPoint[] {
    const { backStart, backTo } = this.rows()
    const byFunction = this.#entriesByFunction()
    const seen = new Uint8Array(this.#count)
    const queue: FunctionId[] = [fn]
    seen[fn] = 1
    const found: EntryPoint[] = []
    for (let head = 0; head < queue.length; head++) {
      const at = queue[head]!
      const here = byFunction.get(at)
      if (here !== undefined) found.push(...here)
      for (let i = backStart[at]!; i < backStart[at + 1]!; i++) {
        const caller = backTo[i]!
        if (seen[caller] === 1) continue
        seen[caller] = 1
        queue.push(caller)
      }
    }
    return found
  }

  #entriesByFunction(): Map<FunctionId, EntryPoint[]> {
    if (this.#byFunction !== undefined) return this.#byFunction
    this.#byFunction = new Map()
    for (const entry of this.#entries) {
      const list = this.#byFunction.get(entry.function)
      if (list === undefined) this.#byFunction.set(entry.function, [entry])
      else list.push(entry)
    }
    return this.#byFunction
  }

  isReachable(fn: FunctionId, kinds: readonly EntryKind[]): boolean {
    return (this.#kindMasks()[fn]! & maskOf(kinds)) !== 0
  }

  #kindMasks(): Uint16Array {
    if (this.#masks !== undefined) return this.#masks
    const { start, to } = this.rows()
    const masks = new Uint16Array(this.#count)
    const queue: FunctionId[] = []
    for (const entry of this.#entries) {
      masks[entry.function] = masks[entry.function]! | (1 << ALL.indexOf(entry.kind))
      queue.push(entry.function)
    }
    while (queue.length > 0) {
      const at = queue.pop()!
      for (let i = start[at]!; i < start[at + 1]!; i++) {
        const next = to[i]!
        const merged = masks[next]! | masks[at]!
        if (merged === masks[next]) continue
        masks[next] = merged
        queue.push(next)
      }
    }
    this.#masks = masks
    return masks
  }

  routes(fn: FunctionId): number {
    if (!this.isReachable(fn, ROUTES)) return 0
    const seen = new Set<FunctionId>()
    for (const entry of this.entriesOf(fn, ROUTES, Number.POSITIVE_INFINITY)) seen.add(entry.function)
    return seen.size
  }

  chain(entry: EntryPoint, fn: FunctionId): readonly CallId[] {
    const cameBy = new Map<FunctionId, { readonly from: FunctionId; readonly call: CallId }>()
    const queue: FunctionId[] = [entry.function]
    const seen = new Set(queue)
    for (let head = 0; head < queue.length && !seen.has(fn); head++) {
      const at = queue[head]!
      for (const arrow of this.#graph.arrows(at)) {
        if (seen.has(arrow.target) || arrow.kind === ArrowKind.Dependency) continue
        seen.add(arrow.target)
        cameBy.set(arrow.target, { from: at, call: arrow.call })
        queue.push(arrow.target)
      }
    }
    const calls: CallId[] = []
    for (let at = cameBy.get(fn); at !== undefined; at = cameBy.get(at.from)) if (at.call >= 0) calls.push(at.call)
    return calls.reverse()
  }
}

function compress(
  from: readonly number[],
  to: readonly number[],
  count: number,
): { start: Int32Array; to: Int32Array } {
  const start = new Int32Array(count + 1)
  for (const at of from) start[at + 1] = start[at + 1]! + 1
  for (let i = 0; i < count; i++) start[i + 1] = start[i + 1]! + start[i]!
  const next = start.slice()
  const targets = new Int32Array(from.length)
  for (let i = 0; i < from.length; i++) {
    const at = from[i]!
    targets[next[at]!] = to[i]!
    next[at] = next[at]! + 1
  }
  return { start, to: targets }
}
