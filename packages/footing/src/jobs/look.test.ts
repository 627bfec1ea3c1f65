// A look at many jobs costs little: benchmarks/look.ts has a million of them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { openDataSource } from '../data/data-source.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { startTestApp } from '../testing/start-test-app.ts'
import { openJobsAdmin } from './admin.ts'
import { job, jobs } from './use-jobs.ts'

const nothing = async () => undefined
const mail = defineModule('mail', {
  owner: '@a',
  uses: [jobs({ welcome: job({ payload: z.object({}) }), receipt: job({ payload: z.object({}) }) })],
})
const app = createApp({
  name: 'shop',
  modules: [implement(mail, () => ({ port: {}, jobs: { welcome: nothing, receipt: nothing } }))],
})

let running: Awaited<ReturnType<typeof startTestApp>>
beforeAll(async () => {
  running = await startTestApp(app, { place: null })
  // It has made its queues known; what is written now is not for it to run.
  await running.app.stop()
  await running.database.query(
    `insert into footing_jobs.job (name, data, state, start_after, completed_on)
     select 'shop/mail/' || (array['welcome', 'receipt'])[1 + n % 2], '{}',
       (case n % 10 when 0 then 'failed' when 1 then 'completed' else 'created' end)::footing_jobs.job_state,
       now() + (case when n % 10 in (2, 3) then interval '1 hour' else - n * interval '1 second' end),
       case when n % 10 < 2 then now() end
     from generate_series(1, 100000) n`,
  )
  await running.database.query('analyze')
})
afterAll(() => running?.stop())

test('counts of 100,000 jobs take less than 50 ms of the database', async () => {
  let statementMs = 0
  const onQuery = ({ durationMs }: { readonly durationMs: number }) => {
    statementMs += durationMs
  }
  const data = openDataSource({ url: running.database.directUrl, poolSize: 1, scope: () => ({ onQuery }) })
  const admin = await openJobsAdmin({ application: 'shop', data })
  const times: number[] = []
  for (let look = 0; look < 10; look += 1) {
    statementMs = 0
    const counts = await admin.counts()
    times.push(statementMs)
    expect(counts.map(({ name }) => name)).toEqual(['mail.receipt', 'mail.welcome'])
    // Counted one by one no further than a thousand, so at least that many.
    expect(
      counts.every(({ waiting, delayed, running: active }) => waiting >= 1000 && delayed >= 1000 && active === 0),
    ).toBe(true)
    expect(counts.find(({ name }) => name === 'mail.welcome')).toMatchObject({
      failed: expect.toSatisfy((n) => n >= 1000),
    })
  }
  // The quickest of ten: others may use the machine.
  expect(Math.min(...times)).toBeLessThan(50)
  await admin.close()
  await data.close()
})
