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
 * Takes, again and again, the node that gives most and receives least (after Eades, Lin and Smyth 1993), then moves single
 * nodes for as long as that removes less.
 */
function greedyOrder(count: number, arrows: readonly WeightedArrow[]): number[] {
  return improved(balancedOrder(count, arrows), count, arrows)
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

function balancedOrder(count: number, arrows: readonly WeightedArrow[]): number[] {
  const balance = new Float64Array(count)
  for (const { from, to, weight } of arrows) {
    balance[from] = balance[from]! + weight
    balance[to] = balance[to]! - weight
  }
  const left = new Set(balance.keys())
  const order: number[] = []
  while (left.size > 0) {
    let chosen = -1
    for (const node of left) if (chosen < 0 || balance[node]! > balance[chosen]!) chosen = node
    left.delete(chosen)
    order.push(chosen)
    for (const { from, to, weight } of arrows) {
      if (from === chosen) balance[to] = balance[to]! + weight
      if (to === chosen) balance[from] = balance[from]! - weight
    }
  }
  return order
}
