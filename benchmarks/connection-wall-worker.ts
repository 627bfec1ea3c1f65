// One process of the application of connection-wall.ts: a Footing application with one route that reads and writes a row.
import { createApp, defineModule, implement, route } from '@footing/core'
import { compiled, openDataSource } from '@footing/core/data'
import { z } from 'zod'

interface Tables {
  account: { id: number; balance: number }
}

const url = process.env.DATABASE_URL ?? ''
const poolSize = Number(process.env.DATABASE_POOL_SIZE)
// Longer than the default of 5 s: the question is who is refused, not who is late.
const database = openDataSource({ url, poolSize, acquireTimeoutMs: 60_000, connectTimeoutMs: 60_000 })

const read = compiled<Tables, { id: number }>()((q, { id }) =>
  q.selectFrom('account').select(['id', 'balance']).where('id', '=', id),
)
const add = compiled<Tables, { id: number }>()((q, { id }) =>
  q
    .updateTable('account')
    .set((eb) => ({ balance: eb('balance', '+', 1) }))
    .where('id', '=', id),
)

const wall = implement(defineModule('wall', { owner: '@acme/wall', tables: ['account'] }), ({ database }) => {
  const db = database<Tables>()
  return {
    port: {},
    routes: [
      route({
        method: 'POST',
        path: '/accounts/:id',
        auth: 'none',
        params: z.object({ id: z.coerce.number() }),
        out: z.object({ balance: z.number() }),
        handle: ({ params }) =>
          db.transaction(async (tx) => {
            await add.execute(tx, params)
            return { balance: (await read.first(tx, params))?.balance ?? 0 }
          }),
      }),
    ],
  }
})

const app = await createApp({ name: 'wall', modules: [wall], http: { deadline: '120s' } }).start({
  port: 0,
  profile: 'production',
  host: '127.0.0.1',
  database,
  env: {},
})
process.send?.({ port: app.port })
process.once('message', () => {
  void app.stop({ deadline: 0 }).then(() => database.close().then(() => process.disconnect?.()))
})
