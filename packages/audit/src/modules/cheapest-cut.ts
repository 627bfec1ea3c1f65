// The smallest set of arrows whose removal leaves no circle: exact for up to fourteen nodes, greedy beyond.

/** An arrow between nodes 0 … count - 1 and what it costs to remove it. */
export interface WeightedArrow {
  readonly from: number
  readonly to: number
  readonly weight: number
}

/** Beyond this the exact search, which doubles with every node, takes longer than a second. */
const EXACT = 14

/** Positions in `arrows` of a cheapest set to remove, ascending. `isSmallest` says whether no smaller one exists. */
export function cheapestCut(
  count: number,
  arrows: readonly WeightedArrow[],
): { readonly cut: readonly number[]; readonly isSmallest: boolean } {
  const order = count <= EXACT ? exactOrder(count, arrows) : greedyOrder(count, arrows)
  const place = new Int32Array(count)
  for (const [position, node] of order.entries()) place[node] = position
  const cut = arrows.flatMap(({ from, to }, index) => (place[from]! > place[to]! ? [index] : []))
  return { cut, isSmallest: count <= EXACT }
}

/**
 * An order of the nodes with the least weight of arrows that point backwards, by dynamic programming over the sets of
 * nodes that come first (Lawler 1964). Ties go to the lower number, so that the answer does not depend on the input's order.
 */
function exactOrder(count: number, arrows: readonly WeightedArrow[]): number[] {
  const weights = new Float64Array(count * count)
  for (const { from, to, weight } of arrows) weights[from * count + to] = weights[from * count + to]! + weight
  const sets = 2 ** count
  const best = new Float64Array(sets).fill(Number.POSITIVE_INFINITY)
  const last = new Int8Array(sets)
  best[0] = 0
  for (let set = 0; set < sets; set++) {
    for (let node = 0; node < count; node++) {
      if ((set & (1 << node)) !== 0) continue
      let backwards = best[set]!
      for (let other = 0; other < count; other++) {
        if ((set & (1 << other)) !== 0) backwards += weights[node * count + other]!
      }
      const next = set | (1 << node)
      if (backwards < best[next]!) {
        best[next] = backwards
        last[next] = node
      }
    }
  }
  const order: number[] = []
  for (let set = sets - 1; set > 0; set &= ~(1 << last[set]!)) order.unshift(last[set]!)
  return order
}

/**
 * The best of several orders: that of Eades, Lin and Smyth (1993), and the nodes as they come and backwards, each improved
 * by moving single nodes for as long as that removes less.
 */
function greedyOrder(count: number, arrows: readonly WeightedArrow[]): number[] {
  const natural = Array.from({ length: count }, (_, node) => node)
  const orders = [balancedOrder(count, arrows), natural, natural.toReversed()].map((order) =>
    improved(order, count, arrows),
  )
  const costs = orders.map((order) => backwards(order, arrows))
  return orders[costs.indexOf(Math.min(...costs))]!
}

function backwards(order: readonly number[], arrows: readonly WeightedArrow[]): number {
  const place = new Map(order.map((node, position) => [node, position]))
  return arrows.reduce((sum, { from, to, weight }) => sum + (place.get(from)! > place.get(to)! ? weight : 0), 0)
}

const ROUNDS = 20

function improved(first: readonly number[], count: number, arrows: readonly WeightedArrow[]): number[] {
  const weights = new Map<number, number>()
  for (const { from, to, weight } of arrows) {
    weights.set(from * count + to, (weights.get(from * count + to) ?? 0) + weight)
  }
  const weight = (from: number, to: number): number => weights.get(from * count + to) ?? 0
  const order = [...first]
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false
    for (const node of first) {
      const at = order.indexOf(node)
      let best = at
      let least = 0
      // Walking away from where it is: each node that is passed turns the arrows between the two around.
      for (let to = at - 1, change = 0; to >= 0; to--) {
        change += weight(order[to]!, node) - weight(node, order[to]!)
        if (change < least - 1e-9) [best, least] = [to, change]
      }
      for (let to = at + 1, change = 0; to < order.length; to++) {
        change += weight(node, order[to]!) - weight(order[to]!, node)
        if (change < least - 1e-9) [best, least] = [to, change]
      }
      if (best === at) continue
      order.splice(at, 1)
      order.splice(best, 0, node)
      moved = true
    }
    if (!moved) break
  }
  return order
}

/** Sinks to the end, sources to the front, and between them whoever gives most and receives least. */
function balancedOrder(count: number, arrows: readonly WeightedArrow[]): number[] {
  const out = new Float64Array(count)
  const into = new Float64Array(count)
  for (const { from, to, weight } of arrows) {
    out[from] = out[from]! + weight
    into[to] = into[to]! + weight
  }
  const left = new Set(out.keys())
  const head: number[] = []
  const tail: number[] = []
  while (left.size > 0) {
    let chosen = -1
    let best = Number.NEGATIVE_INFINITY
    for (const node of left) {
      const isEnd = out[node]! < 1e-9 || into[node]! < 1e-9
      const score = isEnd ? Number.MAX_VALUE : out[node]! - into[node]!
      if (score > best) [chosen, best] = [node, score]
      if (isEnd) break
    }
    left.delete(chosen)
    if (out[chosen]! < 1e-9) tail.unshift(chosen)
    else head.push(chosen)
    for (const { from, to, weight } of arrows) {
      if (from === chosen) into[to] = into[to]! - weight
      if (to === chosen) out[from] = out[from]! - weight
    }
  }
  return [...head, ...tail]
}
