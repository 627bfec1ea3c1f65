// An application that is drilled: it has a job, an event and a schedule, and none of them does anything.
import { type App, createApp, defineModule, event, implement } from '@footing/core'
import { cron, schedule } from '@footing/core/cron'
import { effects } from '@footing/core/effects'
import { job, jobs } from '@footing/core/jobs'
import { z } from 'zod'

const sale = z.object({ id: z.int() })
const shop = defineModule('shop', {
  owner: '@acme/shop',
  tables: ['sale'],
  events: { sold: event(sale) },
  uses: [
    jobs({ mail: job({ payload: sale }) }),
    effects(),
    cron({ nightly: schedule({ at: '0 3 * * *', zone: 'Europe/Berlin' }) }),
  ],
})

export const app: App = createApp({
  name: 'drilled',
  modules: [
    implement(shop, () => ({ jobs: { mail: async () => undefined }, cron: { nightly: async () => undefined } })),
  ],
})
