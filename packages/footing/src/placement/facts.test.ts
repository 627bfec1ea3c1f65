// What travels beside the input: the place of the last write, the calling module, errors of a production process.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { route } from '../module/route.ts'
import { currentContext } from '../work/call-context.ts'

const MODULE_KEYS = `one:${'1'.repeat(40)}`
const env = { MODULE_KEYS, DRAIN_DELAY_MS: '0', HOST: '127.0.0.1', PORT: '0' }

const stock = defineModule('stock', {
  owner: '@acme/stock',
  port: { write: op({ in: z.string(), out: z.string() }), fail: op({}) },
})
const shop = defineModule('shop', { owner: '@acme/shop', needs: [stock] })

const stockModule = implement(stock, () => ({
  port: {
    // As the database does it after a write; what it began with is the answer.
    write: async (position) => {
      const origin = currentContext()?.origin
      const before = origin?.writes?.position ?? 'none'
      if (origin) origin.writes = { position }
      return `${before} ${origin?.route ?? 'no route'}`
    },
    fail: async () => {
      throw new Error('the password is hunter2')
    },
  },
}))

const shopModule = implement(shop, ({ ports }) => ({
  port: {},
  routes: [
    route({
      method: 'POST',
      path: '/write/:position',
      auth: 'none',
      params: z.object({ position: z.string() }),
      out: z.object({ seen: z.string() }),
      handle: async ({ params }) => ({ seen: await ports.stock.write(params.position) }),
    }),
    route({ method: 'POST', path: '/fail', auth: 'none', handle: () => ports.stock.fail() }),
  ],
}))

const app = createApp({ name: 'facts', modules: [shopModule, stockModule] })

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function pair(profile: 'test' | 'production' = 'test') {
  const there = await app.start({ env: { ...env, SERVE_MODULES: 'stock' }, profile })
  const here = await app.start({ env: { ...env, PLACE_STOCK: there.url }, profile })
  closers.push(
    () => there.stop(),
    () => here.stop(),
  )
  return { here, there }
}

test('the place of the last write goes there and comes back, and the later one stays', async () => {
  const { here } = await pair()
  const write = async (position: string, sent?: string) => {
    const answer = await fetch(`${here.url}/v1/write/${encodeURIComponent(position)}`, {
      method: 'POST',
      headers: sent === undefined ? {} : { 'footing-position': sent },
    })
    const { seen } = (await answer.json()) as { seen: string } // the schema of the route
    return [seen, answer.headers.get('footing-position')]
  }
  expect(await write('0/20')).toEqual(['none POST /v1/write/{position}', '0/20'])
  expect(await write('0/30', '0/20')).toEqual(['0/20 POST /v1/write/{position}', '0/30'])
  // Of two calls at once the earlier may answer last.
  expect(await write('0/10', '0/20')).toEqual(['0/20 POST /v1/write/{position}', null])
  // What cannot be compared is "not known", which only the primary satisfies.
  expect(await write('unknown', '0/20')).toEqual(['0/20 POST /v1/write/{position}', 'unknown'])
})

test('after a write whose outcome is unknown nothing but the primary is sure to have it', async () => {
  const liar = createServer((request: IncomingMessage) => request.socket.destroy())
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => liar.close(resolve)))
  const { port } = liar.address() as AddressInfo // it listens on TCP
  const here = await app.start({ env: { ...env, PLACE_STOCK: `http://127.0.0.1:${port}` }, profile: 'test' })
  closers.push(() => here.stop())
  const answer = await fetch(`${here.url}/v1/write/x`, { method: 'POST' })
  expect([answer.status, answer.headers.get('footing-position')]).toEqual([502, 'unknown'])
})

test('the callers are counted by module, on both sides', async () => {
  const { here, there } = await pair()
  await fetch(`${here.url}/v1/write/x`, { method: 'POST' })
  await here.ports.stock.write('y')
  for (const side of [here, there]) {
    const stats = side.operations().find(({ operation }) => operation === 'write')
    expect(stats).toMatchObject({ calls: 2, callers: { shop: 1, '-': 1 } })
  }
})

test('between processes of production an error is whole, to the user it is not, and its cause goes nowhere', async () => {
  const { here } = await pair('production')
  const error: unknown = await here.ports.stock.fail().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'operation-failed', details: { operation: 'stock.fail' } })
  const answer = await (await fetch(`${here.url}/v1/fail`, { method: 'POST' })).text()
  expect(answer).toContain('operation-failed')
  expect(answer).not.toContain('stock.fail')
  expect(`${answer}${JSON.stringify(error)}`).not.toContain('hunter2')
})

test('production describes the ports to nobody', async () => {
  const { there } = await pair('production')
  expect((await fetch(`${there.url}/modules/openapi.json`)).status).toBe(404)
})
