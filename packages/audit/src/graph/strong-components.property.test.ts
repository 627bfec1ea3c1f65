// Components against a plain reachability check, on random graphs and on one too deep for recursion.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupByOwner } from './int-list.ts'
import { type RowGraph, strongComponents } from './strong-components.ts'

const graphOf = (count: number, arrows: readonly (readonly [number, number])[]): RowGraph => {
  const { start, order } = groupByOwner(
    Int32Array.from(arrows, ([from]) => from),
    count,
  )
  return { start, targets: order.map((i) => arrows[i]![1]) }
}

test('two nodes are in one component exactly when each reaches the other', () => {
  const arbitrary = fc.integer({ min: 1, max: 12 }).chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.array(fc.tuple(fc.integer({ min: 0, max: count - 1 }), fc.integer({ min: 0, max: count - 1 })), {
        maxLength: 40,
      }),
    ),
  )
  fc.assert(
    fc.property(arbitrary, ([count, arrows]) => {
      const reaches = Array.from({ length: count }, (_, from) => {
        const seen = new Set<number>()
        const queue = [from]
        while (queue.length > 0) {
          const at = queue.pop()!
          for (const [a, b] of arrows) {
            if (a === at && !seen.has(b)) {
              seen.add(b)
              queue.push(b)
            }
          }
        }
        return seen
      })
      const component = new Map<number, number>()
      strongComponents(graphOf(count, arrows)).forEach((members, i) => {
        for (const member of members) component.set(member, i)
      })
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < count; b++) {
          if (a === b) continue
          const together = component.has(a) && component.get(a) === component.get(b)
          expect(together).toBe(reaches[a]!.has(b) && reaches[b]!.has(a))
        }
      }
    }),
  )
})

test('a circle of 200,000 nodes does not overflow the call stack', () => {
  const count = 200_000
  const arrows = Array.from({ length: count }, (_, i) => [i, (i + 1) % count] as const)
  const components = strongComponents(graphOf(count, arrows))
  expect(components).toHaveLength(1)
  expect(components[0]).toHaveLength(count)
})
