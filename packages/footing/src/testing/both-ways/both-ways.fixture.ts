// An application of three modules for the tests of the test kit: `stock` keeps a table and asks `names`; `desk` asks both.
import { z } from 'zod'
import { createApp } from '../../app/create-app.ts'
import { defineModule } from '../../module/define-module.ts'
import { implement } from '../../module/implement.ts'
import { op } from '../../module/operation.ts'
import { route } from '../../module/route.ts'

const names = defineModule('names', {
  owner: '@acme/names',
  port: { nameOf: op({ in: z.object({ id: z.int() }), out: z.string(), idempotent: true }) },
})

const stock = defineModule('stock', {
  owner: '@acme/stock',
  needs: [names],
  tables: ['item'],
  migrations: new URL('./both-ways-migrations/', import.meta.url),
  port: {
    put: op({ in: z.object({ id: z.int() }), out: z.object({ name: z.string(), at: z.string() }) }),
    all: op({ out: z.array(z.int()), idempotent: true }),
    // Declared idempotent although it is not: the second time it fails.
    take: op({ in: z.object({ id: z.int() }), out: z.int(), idempotent: true }),
    pid: op({ out: z.int(), idempotent: true }),
  },
})

const desk = defineModule('desk', { owner: '@acme/desk', needs: [names, stock] })

interface Tables {
  item: { id: number }
}

const namesModule = implement(names, () => ({ port: { nameOf: async ({ id }) => `item ${id}` } }))

const stockModule = implement(stock, ({ database, ports, clock }) => {
  const db = database<Tables>()
  return {
    port: {
      async put({ id }) {
        await db.write().insertInto('item').values({ id }).execute()
        return { name: await ports.names.nameOf({ id }), at: new Date(clock.now()).toISOString() }
      },
      all: async () => (await db.read().selectFrom('item').select('id').orderBy('id').execute()).map(({ id }) => id),
      async take({ id }) {
        const taken = await db.write().deleteFrom('item').where('id', '=', id).returning('id').executeTakeFirst()
        if (taken === undefined) throw new Error('nothing to take')
        return taken.id
      },
      pid: async () => process.pid,
    },
  }
})

const deskModule = implement(desk, ({ ports }) => ({
  port: {},
  routes: [
    route({
      method: 'GET',
      path: '/names',
      auth: 'none',
      out: z.array(z.string()),
      // A loop, as it is found in the wild.
      handle: async () => {
        const found: string[] = []
        for (const id of await ports.stock.all()) found.push(await ports.names.nameOf({ id }))
        return found
      },
    }),
  ],
}))

export const app = createApp({ name: 'three', modules: [deskModule, namesModule, stockModule] })
