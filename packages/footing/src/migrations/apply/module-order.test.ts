// The order of modules: needs first, the same whatever order they were listed in, and no way around a cycle.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderByNeeds } from './module-order.ts'

// Edges only towards smaller numbers, so that there is no cycle.
const acyclic = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 }).map((lists) =>
  lists.map((needs, index) => ({
    module: `m${index}`,
    needs: index === 0 ? [] : [...new Set(needs.map((need) => `m${need % index}`))],
  })),
)

test('each module comes once and after everything it needs, however the list was shuffled', () => {
  fc.assert(
    fc.property(
      acyclic.chain((modules) =>
        fc.tuple(fc.constant(modules), fc.shuffledSubarray(modules, { minLength: modules.length })),
      ),
      ([modules, shuffled]) => {
        const ordered = orderByNeeds(shuffled)
        expect(ordered.map(({ module }) => module).toSorted()).toEqual(modules.map(({ module }) => module).toSorted())
        for (const [index, { needs }] of ordered.entries()) {
          const before = new Set(ordered.slice(0, index).map(({ module }) => module))
          for (const need of needs) expect(before).toContain(need)
        }
        expect(ordered).toEqual(orderByNeeds(modules))
      },
    ),
  )
})

test('any cycle that is planted is found and drawn', () => {
  fc.assert(
    fc.property(acyclic, fc.integer({ min: 1, max: 5 }), (modules, length) => {
      const cycle = Array.from({ length }, (_, index) => ({
        module: `c${index}`,
        needs: [`c${(index + 1) % length}`],
      }))
      expect(() => orderByNeeds([...modules, ...cycle])).toThrow(/c0 → |c\d → c\d/)
    }),
  )
})

test('needs that are not there are somebody else’s', () => {
  expect(orderByNeeds([{ module: 'a', needs: ['elsewhere'] }])).toHaveLength(1)
})
