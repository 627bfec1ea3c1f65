// Circles of imports and the few arrows whose removal opens them.
import type { ImportCut, ImportCycle, ImportEdge, ModuleId } from '../contract.ts'
import { groupByOwner } from '../int-list.ts'
import { type RowGraph, strongComponents } from '../strong-components.ts'

/** Circles over the arrows of a tier and the stronger ones; largest first, ties by path. */
export function findCycles(
  edges: readonly ImportEdge[],
  paths: readonly string[],
  tier: 'runtime' | 'deferred',
  price: PriceOf = usualPrice,
): ImportCycle[] {
  const used = edges.filter((e) => e.tier === 'runtime' || (tier === 'deferred' && e.tier === 'deferred' && !e.dynamic))
  const byPath = (a: ModuleId, b: ModuleId): number => (paths[a]! < paths[b]! ? -1 : 1)
  return strongComponents(rows(used, paths.length))
    .map((members) => {
      const inside = new Set(members)
      const own = used.filter((e) => inside.has(e.from) && inside.has(e.to))
      return { modules: members.sort(byPath), tier, cuts: cheapestCuts(own, members, paths, price) }
    })
    .sort((a, b) => b.modules.length - a.modules.length || byPath(a.modules[0]!, b.modules[0]!))
}

function rows(edges: readonly ImportEdge[], count: number): RowGraph {
  const { start, order } = groupByOwner(
    Int32Array.from(edges, (e) => e.from),
    count,
  )
  return { start, targets: order.map((i) => edges[i]!.to) }
}

/** How much work the removal of an arrow is, compared with others. */
export type PriceOf = (edge: ImportEdge) => number

/** How much work a cut is: names taken, one statement at least; deferred arrows are cheap, they are half cut already. */
export const usualPrice: PriceOf = (edge) => (1 + edge.names.length) * (edge.tier === 'deferred' ? 0.5 : 1)

/**
 * A feedback arc set by the greedy order of Eades, Lin and Smyth (1993), weighted by price, after which every arrow
 * that closes no circle any more is given back, dearest first. Not provably smallest, small in practice.
 */
function cheapestCuts(
  edges: readonly ImportEdge[],
  members: readonly ModuleId[],
  paths: readonly string[],
  price: PriceOf,
): ImportCut[] {
  const position = greedyOrder(edges, members, paths, price)
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
  price: PriceOf,
): Map<ModuleId, number> {
  const nodes = [...members].sort((a, b) => (paths[a]! < paths[b]! ? -1 : 1))
  const place = new Map(nodes.map((module, i) => [module, i]))
  const out: { to: number; price: number }[][] = nodes.map(() => [])
  const into: { from: number; price: number }[][] = nodes.map(() => [])
  const leaving = new Float64Array(nodes.length)
  const entering = new Float64Array(nodes.length)
  for (const edge of edges) {
    const from = place.get(edge.from)!
    const to = place.get(edge.to)!
    const cost = price(edge)
    out[from]!.push({ to, price: cost })
    into[to]!.push({ from, price: cost })
    leaving[from] = leaving[from]! + cost
    entering[to] = entering[to]! + cost
  }
  const taken = new Uint8Array(nodes.length)
  const first: number[] = []
  const last: number[] = []
  for (let left = nodes.length; left > 0; left--) {
    let chosen = -1
    let best = Number.NEGATIVE_INFINITY
    for (let node = 0; node < nodes.length; node++) {
      if (taken[node] === 1) continue
      const isSink = leaving[node]! < 1e-9
      const score = isSink || entering[node]! < 1e-9 ? Number.MAX_VALUE : leaving[node]! - entering[node]!
      if (score <= best) continue
      best = score
      chosen = node
      if (isSink) break
    }
    taken[chosen] = 1
    if (leaving[chosen]! < 1e-9) last.push(chosen)
    else first.push(chosen)
    for (const { to, price: cost } of out[chosen]!) entering[to] = entering[to]! - cost
    for (const { from, price: cost } of into[chosen]!) leaving[from] = leaving[from]! - cost
  }
  return new Map([...first, ...last.reverse()].map((node, position) => [nodes[node]!, position]))
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
