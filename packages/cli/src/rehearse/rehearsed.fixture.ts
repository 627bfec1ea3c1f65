// An application that is rehearsed: `till` takes money and is not idempotent, its caller asks it in a loop and repeats blindly.
import { createApp, defineModule, implement, isFootingError, op, route } from '@footing/core'
import { z } from 'zod'

const till = defineModule('till', {
  owner: '@acme/till',
  port: {
    price: op({ in: z.object({ id: z.int() }), out: z.int(), idempotent: true }),
    take: op({ in: z.object({ cents: z.int(), from: z.array(z.object({ id: z.int() })) }), out: z.int() }),
    once: op({ in: z.object({ id: z.int() }), out: z.int(), idempotent: true }),
  },
})
const shop = defineModule('shop', { owner: '@acme/shop', needs: [till] })
const lonely = defineModule('lonely', { owner: '@acme/shop', port: { nothing: op({}) } })

const tillModule = implement(till, () => {
  const done = new Set<number>()
  return {
    port: {
      price: async ({ id }) => id * 100,
      take: async ({ cents }) => cents,
      once: async ({ id }) => {
        if (done.has(id)) throw new Error('a second time')
        done.add(id)
        return id
      },
    },
  }
})

const shopModule = implement(shop, ({ ports }) => ({
  port: {},
  routes: [
    route({
      method: 'POST',
      path: '/buy',
      auth: 'none',
      out: z.int(),
      handle: async () => {
        let cents = 0
        for (let id = 1; id <= 7; id++) cents += await ports.till.price({ id })
        const card = { id: 1 }
        const pay = () => ports.till.take({ cents, from: [card, card] })
        return pay().catch((error: unknown) => {
          // Wrong on purpose: it may have been taken.
          if (isFootingError(error, 'call-interrupted')) return pay().catch(() => 0)
          throw error
        })
      },
    }),
  ],
}))

export const app = createApp({
  name: 'rehearsed',
  modules: [shopModule, tillModule, implement(lonely, () => ({ port: { nothing: async () => {} } }))],
})
