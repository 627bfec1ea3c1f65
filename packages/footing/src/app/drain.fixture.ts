// A small application in a process of its own, for the tests that send it signals. Prints its port once it listens.
import { z } from 'zod'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { route } from '../module/route.ts'
import { createApp } from './create-app.ts'
import { stopOnFaults } from './stop-on-faults.ts'
import { stopOnSignals } from './stop-on-signals.ts'

const slow = defineModule('slow', { owner: '@acme/slow' })

const slowModule = implement(slow, ({ clock }) => ({
  port: {},
  routes: [
    route({
      method: 'GET',
      path: '/work',
      auth: 'none',
      query: z.object({ ms: z.coerce.number() }),
      out: z.object({ done: z.literal(true) }),
      handle: async ({ query }) => {
        await clock.sleep(query.ms)
        return { done: true as const }
      },
    }),
    route({
      method: 'GET',
      path: '/lose',
      auth: 'none',
      query: z.object({ how: z.enum(['rejection', 'exception']) }),
      handle: async ({ query }) => {
        if (query.how === 'rejection') void Promise.reject(new Error('nobody waits for me'))
        else
          setImmediate(() => {
            throw new Error('nobody catches me')
          })
      },
    }),
    route({ method: 'GET', path: '/hang', auth: 'none', handle: () => new Promise<void>(() => {}) }),
  ],
}))

const running = await createApp({ name: 'slow', modules: [slowModule] }).start({
  port: 0,
  host: '127.0.0.1',
  ...(process.env.LOG === 'true' ? { telemetry: {} } : {}),
})
stopOnSignals(running)
stopOnFaults(running)
process.stdout.write(`${running.port}\n`)
