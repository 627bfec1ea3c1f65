// Planted circles are found, and cutting what is proposed leaves none.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ImportEdge } from '../contract.ts'
import { findCycles } from './import-cycles.ts'

const edge = (from: number, to: number): ImportEdge => ({
  from,
  to,
  tier: 'runtime',
  kind: 'static',
  line: 1,
  optional: false,
  dynamic: false,
  names: [],
})

test('every planted circle is inside one cycle, and the proposed cuts leave no cycle', () => {
  const arbitrary = fc.tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: 29 }), { minLength: 2, maxLength: 8 }),
    fc.array(fc.tuple(fc.integer({ min: 0, max: 29 }), fc.integer({ min: 0, max: 29 })), { maxLength: 60 }),
  )
  fc.assert(
    fc.property(arbitrary, ([circle, noise]) => {
      const paths = Array.from({ length: 30 }, (_, i) => `m${String(i).padStart(2, '0')}.py`)
      const seen = new Set<string>()
      const edges = [...circle.map((from, i) => [from, circle[(i + 1) % circle.length]!] as const), ...noise]
        .filter(([from, to]) => from !== to && !seen.has(`${from} ${to}`) && seen.add(`${from} ${to}`))
        .map(([from, to]) => edge(from, to))
      const cycles = findCycles(edges, paths, 'runtime')
      const home = cycles.find((cycle) => cycle.modules.includes(circle[0]!))
      for (const member of circle) expect(home?.modules).toContain(member)
      const cuts = new Set(cycles.flatMap((cycle) => cycle.cuts.map((cut) => cut.edge)))
      expect(
        findCycles(
          edges.filter((e) => !cuts.has(e)),
          paths,
          'runtime',
        ),
      ).toEqual([])
      for (const cycle of cycles) {
        for (const { circle: drawn } of cycle.cuts) {
          drawn.forEach((step, i) => {
            expect(step.to).toBe(drawn[(i + 1) % drawn.length]!.from)
          })
        }
      }
      // The order of the arrows changes nothing.
      expect(findCycles([...edges].reverse(), paths, 'runtime').map((c) => c.modules)).toEqual(
        cycles.map((c) => c.modules),
      )
    }),
  )
})
