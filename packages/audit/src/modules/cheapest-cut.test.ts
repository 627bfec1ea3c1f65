// The cheapest cut against brute force, and that it opens every circle at any size.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cheapestCut, type WeightedArrow } from './cheapest-cut.ts'

const graphs = (least: number, most: number, arrows: number) =>
  fc.integer({ min: least, max: most }).chain((count) => {
    const node = fc.integer({ min: 0, max: count - 1 })
    const arrow = fc
      .record({ from: node, to: node, weight: fc.integer({ min: 1, max: 5 }) })
      .filter(({ from, to }) => from !== to)
    return fc.array(arrow, { maxLength: arrows }).map((list) => ({ count, list }))
  })

const without = (list: readonly WeightedArrow[], cut: readonly number[]) =>
  list.filter((_, index) => !cut.includes(index))
const cost = (list: readonly WeightedArrow[], cut: readonly number[]) =>
  cut.reduce((sum, index) => sum + list[index]!.weight, 0)

/** Takes nodes without incoming arrows away until none is left, or none can be taken. */
function hasCircle(count: number, list: readonly WeightedArrow[]): boolean {
  let left = list
  for (let round = 0; round <= count; round++) {
    const targets = new Set(left.map(({ to }) => to))
    left = left.filter(({ from }) => targets.has(from))
  }
  return left.length > 0
}

function cheapestByForce(count: number, list: readonly WeightedArrow[]): number {
  let best = Number.POSITIVE_INFINITY
  for (let set = 0; set < 2 ** list.length; set++) {
    const cut = [...list.keys()].filter((index) => (set & (1 << index)) !== 0)
    if (!hasCircle(count, without(list, cut))) best = Math.min(best, cost(list, cut))
  }
  return best
}

describe('cheapestCut', () => {
  it('costs what the cheapest of all cuts costs', () => {
    fc.assert(
      fc.property(graphs(2, 6, 9), ({ count, list }) => {
        const { cut, isSmallest } = cheapestCut(count, list)
        expect(isSmallest).toBe(true)
        expect(hasCircle(count, without(list, cut))).toBe(false)
        expect(cost(list, cut)).toBe(cheapestByForce(count, list))
      }),
      { numRuns: 200 },
    )
  })

  it('opens every circle of a large graph, and says that it is not proved smallest', () => {
    fc.assert(
      fc.property(graphs(15, 60, 200), ({ count, list }) => {
        const { cut, isSmallest } = cheapestCut(count, list)
        expect(isSmallest).toBe(false)
        expect(hasCircle(count, without(list, cut))).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('finds the one cheap arrow of a large ring', () => {
    const ring = Array.from({ length: 40 }, (_, node) => ({
      from: node,
      to: (node + 1) % 40,
      weight: node === 17 ? 1 : 3,
    }))
    expect(cheapestCut(40, ring).cut).toEqual([17])
  })
})
