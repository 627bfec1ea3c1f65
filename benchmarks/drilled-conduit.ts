// The example with a module that adds jobs and has a schedule, so that kill-worker can hold it to all that it judges.
import { type App, createApp, defineModule, implement } from '@footing/core'
import { cron, schedule } from '@footing/core/cron'
import { effects } from '@footing/core/effects'
import { job, jobs } from '@footing/core/jobs'
import { z } from 'zod'
import { app as conduit } from '../examples/conduit/src/app.ts'

const letters = defineModule('letters', {
  owner: '@conduit/readers',
  uses: [
    jobs({ welcome: job({ payload: z.object({ reader: z.string() }) }) }),
    effects(),
    cron({ digest: schedule({ at: '0 7 * * *', zone: 'Europe/Berlin' }) }),
  ],
})

export const app: App = createApp({
  ...conduit.options,
  modules: [
    ...conduit.options.modules,
    implement(letters, () => ({ jobs: { welcome: async () => undefined }, cron: { digest: async () => undefined } })),
  ],
})
