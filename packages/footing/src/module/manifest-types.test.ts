// What the compiler knows of a manifest: ports, inputs, settings and users are typed, what JSON cannot carry is refused.

import type { JsonValue } from '@footing/kernel'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import type { Transaction } from '../data/contract/contract.ts'
import type { User } from '../work/context.ts'
import { type CallOptions, defineModule, type PortOf } from './define-module.ts'
import { type Handlers, implement, type Kit } from './implement.ts'
import { event, op } from './operation.ts'
import type { Portable } from './portable.ts'
import { route } from './route.ts'
import { optionalSetting, setting } from './setting.ts'

interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}
const Tree: z.ZodType<Tree, Tree> = z.lazy(() => z.object({ name: z.string(), children: z.array(Tree) }))

const identity = defineModule('identity', {
  owner: '@acme/identity',
  settings: {
    TOKEN_SECRET: setting({ schema: z.string().min(32), summary: 'signs tokens', secret: true }),
    TOKEN_DAYS: setting({ schema: z.coerce.number(), summary: 'days that a token lives', default: 3 }),
    MAIL_FROM: optionalSetting({ schema: z.email(), summary: 'sender of mails' }),
  },
  port: {
    profile: op({
      in: z.object({ id: z.string(), limit: z.number().default(3) }),
      out: z.object({ name: z.string() }),
      deadline: '3s',
    }),
    count: op({ out: z.number() }),
    remove: op({ in: z.object({ id: z.string() }) }),
    store: op({ in: z.json(), out: z.record(z.string(), z.json()) }),
    plant: op({ in: Tree }),
  },
  events: { joined: event(z.object({ id: z.string() })) },
})

const content = defineModule('content', { owner: '@acme/content', needs: [identity] })

type Identity = PortOf<typeof identity>

describe('callers see', () => {
  test('what the schemas accept and yield', () => {
    expectTypeOf<Identity['profile']>().parameters.toEqualTypeOf<
      [input: { id: string; limit?: number | undefined }, options?: CallOptions | undefined]
    >()
    expectTypeOf<Identity['profile']>().returns.resolves.toEqualTypeOf<{ name: string }>()
    const nothing: Parameters<Identity['count']> = []
    expectTypeOf(nothing).toExtend<readonly unknown[]>()
    expectTypeOf<Identity['count']>().returns.resolves.toEqualTypeOf<number>()
    expectTypeOf<Identity['remove']>().returns.resolves.toEqualTypeOf<undefined>()
  })

  test('the ports of the modules they need, and no others', () => {
    expectTypeOf<Kit<typeof content>['ports']>().toEqualTypeOf<{ readonly identity: Identity }>()
    expectTypeOf<keyof Kit<typeof identity>['ports']>().toBeNever()
  })

  test('all ports of a running application by name', () => {
    const app = createApp({ name: 'x', modules: [implement(identity, () => ({ port: handlers }))] })
    expectTypeOf<Awaited<ReturnType<typeof app.start>>['ports']['identity']>().toEqualTypeOf<Identity>()
  })
})

const handlers: Handlers<(typeof identity)['port']> = {
  profile: async ({ id, limit }) => ({ name: id.repeat(limit) }),
  count: async () => 3,
  remove: async () => {},
  store: async (value) => ({ value }),
  plant: async ({ children }) => void children,
}

describe('implementations get', () => {
  test('what the schema yielded, with its defaults', () => {
    expectTypeOf(handlers.profile).parameter(0).toEqualTypeOf<{ id: string; limit: number }>()
  })

  test('their settings, parsed', () => {
    expectTypeOf<Kit<typeof identity>['config']>().toEqualTypeOf<{
      readonly TOKEN_SECRET: string
      readonly TOKEN_DAYS: number
      readonly MAIL_FROM: string | undefined
    }>()
  })

  test('an error when an operation is missing or answers wrongly', () => {
    const { count: _left, ...incomplete } = handlers
    // @ts-expect-error one operation has no function
    implement(identity, () => ({ port: incomplete }))
    // @ts-expect-error the answer is no number
    implement(identity, () => ({ port: { ...handlers, count: async () => 'three' } }))
  })
})

describe('a port refuses to compile with', () => {
  test('dates, functions, bigint, any, unknown and transactions', () => {
    // @ts-expect-error a Date
    op({ in: z.object({ at: z.date() }) })
    // @ts-expect-error any
    op({ in: z.object({ at: z.any() }) })
    // @ts-expect-error unknown
    op({ in: z.object({ at: z.unknown() }) })
    // @ts-expect-error bigint
    op({ out: z.bigint() })
    // @ts-expect-error a Map
    op({ out: z.map(z.string(), z.string()) })
    // @ts-expect-error a transaction
    op({ in: z.object({ tx: z.custom<Transaction<object>>() }) })
    // @ts-expect-error a transaction deep inside
    op({ in: z.object({ list: z.array(z.object({ tx: z.custom<Transaction<object>>() })) }) })
    // @ts-expect-error a Date in an event
    event(z.object({ at: z.date() }))
  })

  test('while JSON of any shape is welcome', () => {
    expectTypeOf<Portable<JsonValue>>().toEqualTypeOf<JsonValue>()
    expectTypeOf<Portable<Tree>>().toExtend<Tree>()
    expectTypeOf<Portable<{ a?: string; b: readonly [1, 'x'] }>>().toEqualTypeOf<{ a?: string; b: readonly [1, 'x'] }>()
    expectTypeOf<Portable<() => void>>().toBeNever()
  })
})

test('a route knows its user from what it asks for', () => {
  route({ method: 'GET', path: '/a', handle: async ({ user }) => expectTypeOf(user).toEqualTypeOf<User>() as never })
  route({
    method: 'GET',
    path: '/b',
    auth: 'optional',
    params: z.object({ id: z.string() }),
    out: z.object({ id: z.string() }),
    handle: async ({ user, params, body }) => {
      expectTypeOf(user).toEqualTypeOf<User | undefined>()
      expectTypeOf(body).toBeUndefined()
      return params
    },
  })
  // @ts-expect-error the answer does not match `out`
  route({ method: 'GET', path: '/c', out: z.object({ id: z.string() }), handle: async () => ({ id: 3 }) })
})
