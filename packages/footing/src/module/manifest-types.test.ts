import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import type { Transaction } from '../data/contract.ts'
import { defineModule } from './define-module.ts'
import { implement } from './implement.ts'
import { event, op } from './operation.ts'
import { route } from './route.ts'
import { setting } from './setting.ts'

const Tree: z.ZodType<Tree, Tree> = z.lazy(() => z.object({ a: z.string(), kids: z.array(Tree) }))
type Tree = { a: string; kids: Tree[] }
export const identity = defineModule('identity', {
  owner: '@a/b',
  settings: {
    SECRET: setting({ schema: z.string().min(3), about: 'x', secret: true }),
    N: setting({ schema: z.coerce.number(), about: 'x', default: 3 }),
  },
  port: {
    profile: op({
      in: z.object({ id: z.string(), x: z.number().optional() }),
      out: z.object({ name: z.string() }),
      deadline: '3s',
    }),
    ping: op({ out: z.boolean() }),
    del: op({ in: z.object({ id: z.string() }) }),
    json: op({ in: z.json(), out: z.object({ m: z.record(z.string(), z.json()) }) }),
    tree: op({ in: Tree }),
  },
  events: { paid: event(z.object({ id: z.string() })) },
  tables: ['user'],
})
export const bad = [
  // @ts-expect-error Date
  op({ in: z.object({ at: z.date() }) }),
  // @ts-expect-error any
  op({ in: z.object({ at: z.any() }) }),
  // @ts-expect-error bigint out
  op({ out: z.bigint() }),
  // @ts-expect-error transaction
  op({ in: z.object({ tx: z.custom<Transaction<object>>() }) }),
]
export const identityModule = implement(identity, ({ config, log }) => {
  const s: string = config.SECRET
  const n: number = config.N
  log.info(s, { n })
  return {
    port: {
      profile: async ({ id }, ctx) => ({ name: id + ctx.requestId }),
      ping: async () => true,
      del: async () => {},
      json: async (x) => ({ m: { x } }),
      tree: async () => {},
    },
  }
})
export const content = defineModule('content', {
  owner: '@a/b',
  needs: [identity],
  port: { get: op({ in: z.string(), out: z.string() }) },
})
export const contentModule = implement(content, ({ ports, self, database }) => {
  const db = database<{ a: { id: string } }>()
  return {
    port: { get: async (id) => (await ports.identity.profile({ id })).name },
    routes: [
      route({
        method: 'GET',
        path: '/x/:id',
        params: z.object({ id: z.string() }),
        auth: 'optional',
        out: z.object({ v: z.string() }),
        handle: async ({ params, user }) => {
          // @ts-expect-error maybe undefined
          user.id
          await ports.identity.ping()
          // @ts-expect-error wrong
          await ports.identity.profile({ id: 3 })
          await db.read().selectFrom('a').selectAll().execute()
          return { v: await self.get(params.id) }
        },
      }),
      route({
        method: 'DELETE',
        path: '/x/:id',
        handle: async ({ user }) => {
          user.id
        },
      }),
    ],
  }
})
const app = createApp({ name: 'x', modules: [contentModule, identityModule] })
export const run = async () => {
  const r = await app.start()
  const x: string = await r.ports.content.get('3')
  return x
}
