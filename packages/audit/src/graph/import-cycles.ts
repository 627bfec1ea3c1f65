// Circles of imports and the few arrows whose removal opens them.
import type { ImportCut, ImportCycle, ImportEdge, ModuleId } from './contract.ts'
import { groupByOwner } from './int-list.ts'
import { type RowGraph, strongComponents } from './strong-components.ts'

/** Circles over the arrows of a tier and the stronger ones; largest first, ties by path. */
export function findCycles(
  edges: readonly ImportEdge[],
  paths: readonly string[],
  tier: 'runtime' | 'deferred',
): ImportCycle[] {
  const used = edges.filter((e) => e.tier === 'runtime' || (tier === 'deferred' && e.tier === 'deferred' && !e.dynamic))
  const byPath = (a: ModuleId, b: ModuleId): number => (paths[a]! < paths[b]! ? -1 : 1)
  return strongComponents(rows(used, paths.length))
    .map((members) => {
      const inside = new Set(members)
      const own = used.filter((e) => inside.has(e.from) && inside.has(e.to))
      return { modules: members.sort(byPath), tier, cuts: cheapestCuts(own, members, paths) }
    })
    .sort((a, b) => b.modules.length - a.modules.length || byPath(a.modules[0]!, b.modules[0]!))
}

function rows(edges: readonly ImportEdge[], count: number): RowGraph {
  const { start, order } = groupByOwner(Int32Array.from(edges, (e) => e.from), count)
  return { start, targets: order.map((i) => edges[i]!.to) }
}

/** How much work a cut is: names taken, one statement at least; deferred arrows are cheap, they are half cut already. */
const price = (edge: ImportEdge): number => (1 + edge.names.length) * (edge.tier === 'deferred' ? 0.5 : 1)

/**
 * A feedback arc set by the greedy order of Eades, Lin and Smyth (1993), weighted by price, after which every arrow
 * that closes no circle any more is given back, dearest first. Not provably smallest, small in practice.
 */
function cheapestCuts(edges: readonly ImportEdge[], members: readonly ModuleId[], paths: readonly string[]): ImportCut[] {
  const position = greedyOrder(edges, members, paths)
  const kept = new Map<ModuleId, ImportEdge[]>(members.map((m) => [m, []]))
  const removed: ImportEdge[] = []
  for (const edge of edges) {
    if (position.get(edge.from)! < position.get(edge.to)!) kept.get(edge.from)!.push(edge)
    else removed.push(edge)
  }
  const name = (e: ImportEdge): string => `${paths[e.from]}\n${paths[e.to]}`
  removed.sort((a, b) => price(b) - price(a) || (name(a) < name(b) ? -1 : 1))
  const cuts: ImportEdge[] = []
  for (const edge of removed) {
    if (shortestPath(edge.to, edge.from, kept) === undefined) kept.get(edge.from)!.push(edge)
    else cuts.push(edge)
  }
  const all = new Map<ModuleId, ImportEdge[]>(members.map((m) => [m, []]))
  for (const edge of edges) all.get(edge.from)!.push(edge)
  return cuts
    .map((edge) => ({ edge, circle: [edge, ...(shortestPath(edge.to, edge.from, all) ?? [])] }))
    .sort((a, b) => price(a.edge) - price(b.edge) || (name(a.edge) < name(b.edge) ? -1 : 1))
}

function greedyOrder(
  edges: readonly ImportEdge[],
  members: readonly ModuleId[],
  paths: readonly string[],
): Map<ModuleId, number> {
  const out = new Map<ModuleId, ImportEdge[]>(members.map((m) => [m, []]))
  const into = new Map<ModuleId, ImportEdge[]>(members.map((m) => [m, []]))
  const outWeight = new Map<ModuleId, number>(members.map((m) => [m, 0]))
  const inWeight = new Map<ModuleId, number>(members.map((m) => [m, 0]))
  for (const edge of edges) {
    out.get(edge.from)!.push(edge)
    into.get(edge.to)!.push(edge)
    outWeight.set(edge.from, outWeight.get(edge.from)! + price(edge))
    inWeight.set(edge.to, inWeight.get(edge.to)! + price(edge))
  }
  const left = new Set([...members].sort((a, b) => (paths[a]! < paths[b]! ? -1 : 1)))
  const first: ModuleId[] = []
  const last: ModuleId[] = []
  const take = (node: ModuleId): void => {
    left.delete(node)
    for (const e of out.get(node)!) if (left.has(e.to)) inWeight.set(e.to, inWeight.get(e.to)! - price(e))
    for (const e of into.get(node)!) if (left.has(e.from)) outWeight.set(e.from, outWeight.get(e.from)! - price(e))
  }
  while (left.size > 0) {
    let chosen = -1
    let best = Number.NEGATIVE_INFINITY
    let isSink = false
    for (const node of left) {
      const leaving = outWeight.get(node)!
      const entering = inWeight.get(node)!
      if (leaving < 1e-9) {
        chosen = node
        isSink = true
        break
      }
      const score = entering < 1e-9 ? Number.MAX_VALUE : leaving - entering
      if (score > best) {
        best = score
        chosen = node
      }
    }
    take(chosen)
    if (isSink) last.push(chosen)
    else first.push(chosen)
  }
  return new Map([...first, ...last.reverse()].map((node, place) => [node, place]))
}

/** Arrows of a shortest path, or undefined when there is none. */
function shortestPath(
  from: ModuleId,
  to: ModuleId,
  out: ReadonlyMap<ModuleId, readonly ImportEdge[]>,
): ImportEdge[] | undefined {
  const cameBy = new Map<ModuleId, ImportEdge | undefined>([[from, undefined]])
  const queue = [from]
  for (let head = 0; head < queue.length; head++) {
    const node = queue[head]!
    if (node === to) {
      const path: ImportEdge[] = []
      for (let at = cameBy.get(to); at !== undefined; at = cameBy.get(at.from)) path.push(at)
      return path.reverse()
    }
    for (const edge of out.get(node)!) {
      if (cameBy.has(edge.to)) continue
      cameBy.set(edge.to, edge)
      queue.push(edge.to)
    }
  }
  return undefined
}
