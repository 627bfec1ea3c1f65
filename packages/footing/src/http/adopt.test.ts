// Pieces alone: an existing Fastify server takes the answers, the headers and the modules without createApp.

import { systemClock } from '@footing/kernel'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../module/define-module.ts'
import { ModuleNetwork } from '../module/module-network.ts'
import { op } from '../module/operation.ts'
import { DeadlineWheel } from '../work/deadline-wheel.ts'
import { answerFaults, sendSecurityHeaders } from './adopt.ts'

const tax = defineModule('tax', {
  owner: '@acme/tax',
  port: { rate: op({ in: z.object({ country: z.string().length(2) }), out: z.number() }) },
})

test('a server that was there before gets coded answers, headers and typed calls', async () => {
  const environment = { clock: systemClock, wheel: new DeadlineWheel(systemClock), checked: true }
  const network = new ModuleNetwork([tax], environment)
  network.answer('tax', { rate: async () => 0.2 })
  const { tax: ports } = network.portsFor('shop', [tax])
  const server = Fastify()
  answerFaults(server, { profile: 'production' })
  sendSecurityHeaders(server)
  server.get<{ Params: { country: string } }>('/rate/:country', ({ params }) => ports?.rate?.(params))
  try {
    const good = await server.inject('/rate/de')
    expect([good.statusCode, good.body, good.headers['x-content-type-options']]).toEqual([200, '0.2', 'nosniff'])
    const bad = await server.inject('/rate/nowhere')
    expect([bad.statusCode, bad.json().code]).toEqual([400, 'invalid-input'])
    const missing = await server.inject('/nothing')
    expect([missing.statusCode, missing.json().code]).toEqual([404, 'route-missing'])
  } finally {
    await server.close()
  }
})
