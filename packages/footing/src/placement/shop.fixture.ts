// An application of two modules for the tests of placement: `shop` needs `billing`, which answers, fails, waits and counts.
import { defineErrors } from '@footing/kernel'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { route } from '../module/route.ts'

export const shopErrors = defineErrors({
  'card-declined': {
    status: 402,
    retryable: true,
    what: 'The card of {who} was declined.',
    why: 'The bank said no.',
    remedy: 'Use another card.',
  },
})

const seen = z.object({
  requestId: z.string(),
  traceId: z.string(),
  user: z.string().optional(),
  remainingMs: z.number(),
  caller: z.string().optional(),
})

/** Versions of the operation `quote`. Those of a kind tolerate each other; `apart` fits none of them. */
const versions = {
  now: { in: z.object({ amount: z.number(), note: z.string().optional() }), out: z.object({ total: z.number() }) },
  newer: {
    in: z.object({ amount: z.number(), note: z.string().optional(), currency: z.string().optional() }),
    out: z.object({ total: z.number(), currency: z.string().optional() }),
  },
  apart: { in: z.object({ amount: z.number(), currency: z.string() }), out: z.object({ total: z.number() }) },
} as const

export type Version = keyof typeof versions

const versionHere = process.env.SHOP_VERSION ?? 'now'
const { in: quoteIn, out: quoteOut } = versions[versionHere in versions ? (versionHere as 'now') : 'now']

export const billing = defineModule('billing', {
  owner: '@acme/billing',
  port: {
    quote: op({
      in: quoteIn,
      out: quoteOut,
      idempotent: true,
      deadline: '2s',
      summary: 'What it costs',
    }),
    charge: op({ in: z.object({ who: z.string() }), out: z.object({ receipt: z.int() }), deadline: '2s' }),
    wait: op({ in: z.object({ ms: z.number() }), deadline: '5s', idempotent: true }),
    whoAmI: op({ out: seen, idempotent: true }),
    echo: op({ in: z.string(), out: z.string(), deadline: '10s' }),
    counts: op({ out: z.record(z.string(), z.int()), idempotent: true }),
    rename: op({ in: z.string().trim().toUpperCase(), out: z.string().optional() }),
  },
})

export const billingModule = implement(billing, ({ clock }) => {
  const counts: Record<string, number> = {}
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  return {
    port: {
      async quote({ amount }) {
        count('quote')
        return { total: amount * 2, ...(versionHere === 'newer' ? { currency: 'EUR' } : {}) }
      },
      async charge({ who }) {
        count('charge')
        if (who === 'poor')
          throw shopErrors('card-declined', { details: { who }, issues: [{ pointer: '/who', message: 'poor' }] })
        if (who === 'bug') throw new Error('secret: 4711')
        return { receipt: counts.charge ?? 0 }
      },
      async wait({ ms }, context) {
        count('wait')
        try {
          await clock.sleep(ms, context.signal)
        } catch (reason) {
          count('waitCancelled')
          throw reason
        }
      },
      async whoAmI(_input, context) {
        return {
          requestId: context.requestId,
          traceId: context.traceId,
          ...(context.user === undefined ? {} : { user: JSON.stringify(context.user) }),
          remainingMs: context.remainingMs(),
        }
      },
      echo: async (text) => text,
      counts: async () => ({ ...counts }),
      rename: async (text) => (text === '' ? undefined : text),
    },
  }
})

export const shop = defineModule('shop', { owner: '@acme/shop', needs: [billing] })

const shopModule = implement(shop, ({ ports }) => ({
  port: {},
  authenticate: async ({ token }) =>
    token === undefined ? undefined : { id: token, roles: ['buyer'], claims: { city: 'Köln' } },
  routes: [
    route({ method: 'GET', path: '/who', out: seen, handle: () => ports.billing.whoAmI() }),
    route({
      method: 'GET',
      path: '/quote',
      auth: 'none',
      query: z.object({ amount: z.coerce.number() }),
      out: quoteOut,
      handle: ({ query }) => ports.billing.quote(query),
    }),
    route({
      method: 'GET',
      path: '/wait',
      auth: 'none',
      deadline: '10s',
      query: z.object({ ms: z.coerce.number() }),
      handle: ({ query }) => ports.billing.wait(query),
    }),
  ],
}))

export const app = createApp({ name: 'shop', modules: [shopModule, billingModule] })
