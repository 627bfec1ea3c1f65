// The order of modules: right for every graph without a cycle, and every planted cycle is found and drawn.
import { type FootingError, isFootingError } from '@footing/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AnyManifest, defineModule } from './define-module.ts'
import { orderByNeeds } from './order-by-needs.ts'

const name = (index: number) => `m${index}`

/** Needs by number; a cycle cannot be written with defineModule alone, so the arrows are put in afterwards. */
function manifests(needs: readonly (readonly number[])[]): AnyManifest[] {
  const list: AnyManifest[] = needs.map((_, index) => ({ ...defineModule(name(index), { owner: '@acme/x' }) }))
  return list.map((manifest, index) =>
    Object.assign(manifest, { needs: (needs[index] ?? []).map((target) => list[target]) }),
  )
}

/** Arrows from higher to lower numbers only: never a cycle. */
const acyclic = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc.tuple(...Array.from({ length: size }, (_, from) => fc.subarray(Array.from({ length: from }, (_, to) => to)))),
  )

test('whatever is needed comes first, all modules are there, and the order given does not matter', () => {
  fc.assert(
    fc.property(acyclic, fc.infiniteStream(fc.nat()), (needs, random) => {
      const list = manifests(needs)
      const order = orderByNeeds(list)
      expect(order).toHaveLength(list.length)
      for (const [position, manifest] of order.entries()) {
        for (const needed of manifest.needs) expect(order.indexOf(needed)).toBeLessThan(position)
      }
      const shuffled = list
        .map((manifest) => ({ manifest, key: random.next().value ?? 0 }))
        .toSorted((left, right) => left.key - right.key)
        .map(({ manifest }) => manifest)
      expect(orderByNeeds(shuffled).map((manifest) => manifest.name)).toEqual(order.map((manifest) => manifest.name))
    }),
  )
})

test('a planted cycle is found, and what is drawn is a cycle of real arrows', () => {
  const planted = acyclic.chain((needs) => {
    const numbers = needs.map((_, index) => index)
    return fc.tuple(fc.constant(needs), fc.shuffledSubarray(numbers, { minLength: 1 }))
  })
  fc.assert(
    fc.property(planted, ([needs, ring]) => {
      const arrows = needs.map((targets, from) => {
        const position = ring.indexOf(from)
        const next = ring[(position + 1) % ring.length]
        return position < 0 || next === undefined || targets.includes(next) ? targets : [...targets, next]
      })
      const error = caught(() => orderByNeeds(manifests(arrows)))
      expect(error.code).toBe('module-cycle')
      const drawn = String(error.details.cycle).split(' → ')
      expect(drawn.at(0)).toBe(drawn.at(-1))
      for (const [index, from] of drawn.slice(0, -1).entries()) {
        const to = drawn[index + 1]
        expect(arrows[Number(from.slice(1))]?.map(name)).toContain(to)
      }
    }),
  )
})

test('a needed module that is not there, and two of one name, are named', () => {
  const lonely = manifests([[], [0]]).slice(1)
  expect(caught(() => orderByNeeds(lonely)).details).toEqual({ module: 'm1', needed: 'm0' })
  expect(caught(() => orderByNeeds([...manifests([[]]), ...manifests([[]])])).code).toBe('module-duplicate')
})

test('manifests that import each other are refused where they are defined', () => {
  const notYet = undefined as unknown as AnyManifest // what a circular import leaves behind
  const error = caught(() => defineModule('late', { owner: '@acme/x', needs: [notYet] }))
  expect(error).toMatchObject({ code: 'module-definition-invalid' })
  expect(error.what).toContain('import each other')
})

test.each(['Billing', 'bill-ing', '', '1st', '__proto__', 'a'.repeat(50), "x'; drop table"])(
  'the name %j is refused',
  (bad) => {
    expect(caught(() => defineModule(bad, { owner: '@acme/x' })).code).toBe('module-name-invalid')
  },
)

function caught(work: () => unknown): FootingError {
  try {
    work()
  } catch (error) {
    if (isFootingError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
