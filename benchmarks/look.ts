// What a look costs when there are a million jobs and a million ticks: the time of every statement that the look sends, on PostgreSQL itself.
// Run: node --conditions=@footing/source benchmarks/look.ts [--rows 1000000] [--write]
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { createApp, defineModule, implement } from '@footing/core'
import { cron, schedule } from '@footing/core/cron'
import { openDataSource } from '@footing/core/data'
import { job, jobs } from '@footing/core/jobs'
import { createTestDatabase, stopOwnServers } from '@footing/core/testing'
import { openCronAdmin, openJobsAdmin, provisionDatabase } from '@footing/core/tooling'
import { z } from 'zod'

const at = process.argv.indexOf('--rows')
const rows = at < 0 ? 1_000_000 : Number(process.argv[at + 1])
/** Milliseconds of database time that one look may take. */
const budgetMs = 50
const looks = 20

const names = ['welcome', 'reminder', 'receipt', 'export', 'import'] as const
const payload = z.object({ to: z.string() })
const mail = defineModule('mail', {
  owner: '@acme/mail',
  uses: [
    jobs({
      welcome: job({ payload }),
      reminder: job({ payload }),
      receipt: job({ payload }),
      export: job({ payload }),
      import: job({ payload }),
    }),
    cron({ nightly: schedule({ at: '0 3 * * *' }), often: schedule({ at: '* * * * *' }) }),
  ],
})
const nothing = async () => undefined
const handlers = { welcome: nothing, reminder: nothing, receipt: nothing, export: nothing, import: nothing }
const app = createApp({
  name: 'bench',
  modules: [implement(mail, () => ({ port: {}, jobs: handlers, cron: { nightly: nothing, often: nothing } }))],
})

const database = await createTestDatabase({ pooled: false })
await provisionDatabase(database.directUrl, app)
// Makes queues and schedules known, and runs nothing.
const web = await app.start({
  role: 'web',
  port: 0,
  profile: 'test',
  env: { DATABASE_URL: database.url, DRAIN_DELAY_MS: '0' },
})
await web.stop()

process.stderr.write(`writing ${rows} jobs and ticks …\n`)
// A tenth each has failed, waits for its time and is done; the rest could begin.
await database.query(
  `insert into footing_jobs.job (name, data, state, start_after, created_on, completed_on)
   select 'bench/mail/' || ($2::text[])[1 + n % 5], '{}',
     (case n % 10 when 0 then 'failed' when 1 then 'completed' else 'created' end)::footing_jobs.job_state,
     now() + (case when n % 10 = 2 then interval '1 hour' else - n * interval '1 second' end),
     now() - n * interval '1 second', case when n % 10 < 2 then now() end
   from generate_series(1, $1::int) n`,
  [rows, names],
)
await database.query(
  `insert into footing_cron.tick (schedule, tick, kind, state, run_at, ended_at)
   select 'mail.often', now() - n * interval '1 minute', 'scheduled', case n % 10 when 0 then 'failed' else 'done' end, now(), now()
   from generate_series(1, $1::int) n`,
  [rows],
)
await database.query('analyze')

let statementMs = 0
let statements = 0
const data = openDataSource({
  url: database.url,
  poolSize: 1,
  scope: () => ({
    onQuery: ({ durationMs }) => {
      statementMs += durationMs
      statements += 1
    },
  }),
})
const jobsAdmin = await openJobsAdmin({ application: 'bench', data })
const cronAdmin = openCronAdmin(data)
const measured: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['footing jobs list, and the gauges of jobs', () => jobsAdmin.counts()],
  ['footing jobs show mail.welcome', () => jobsAdmin.list({ name: 'mail.welcome', limit: 50 })],
  [
    'footing jobs show mail.welcome --state failed',
    () => jobsAdmin.list({ name: 'mail.welcome', state: 'failed', limit: 50 }),
  ],
  [
    'footing jobs show mail.welcome --state running',
    () => jobsAdmin.list({ name: 'mail.welcome', state: 'running', limit: 50 }),
  ],
  ['footing cron list', () => cronAdmin.schedules()],
  ['footing cron show mail.often', () => cronAdmin.history({ schedule: 'mail.often', limit: 20 })],
  [
    'footing cron show mail.often --state failed',
    () => cronAdmin.history({ schedule: 'mail.often', state: 'failed', limit: 20 }),
  ],
]
const lines: string[] = []
let over = 0
for (const [name, look] of measured) {
  const times: number[] = []
  for (let round = 0; round < looks; round += 1) {
    statementMs = 0
    statements = 0
    await look()
    times.push(statementMs)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const [median = 0, worst = 0] = [sorted[Math.floor(looks / 2)], sorted.at(-1)]
  if (median > budgetMs) over += 1
  lines.push(`| ${name} | ${statements} | ${median.toFixed(1)} | ${worst.toFixed(1)} |`)
  process.stderr.write(`${lines.at(-1)}\n`)
}
await jobsAdmin.close()
await data.close()
await database.drop()
await stopOwnServers()

const [load = 0] = loadavg()
const report = `# What a look costs at ${rows.toLocaleString('en')} jobs and as many ticks

Written by \`node --conditions=@footing/source benchmarks/look.ts --write\`. Milliseconds from sending a statement to its answer, summed over the
statements of one look, on PostgreSQL itself; ${looks} looks each. The budget is ${budgetMs} ms. Load of the machine at the end: ${load.toFixed(1)} on two cores.

| look | statements | median ms | slowest ms |
|---|---|---|---|
${lines.join('\n')}
`
if (process.argv.includes('--write')) writeFileSync(new URL('./look.md', import.meta.url), report)
else process.stdout.write(report)
if (over > 0) {
  process.stderr.write(`${over} over ${budgetMs} ms\n`)
  process.exitCode = 1
}
