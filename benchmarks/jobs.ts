// Jobs through the port beside pg-boss used bare, in turns on one database behind PgBouncer: added one by one, in bulk, and
// drained; then how soon a job begins that another process adds, at 50 a second.
// Run: node --conditions=@footing/source benchmarks/jobs.ts
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createApp, defineModule, implement } from '@footing/core'
import { job, jobs, type ModuleJobs } from '@footing/core/jobs'
import { createTestDatabase, stopOwnServers } from '@footing/core/testing'
import { provisionDatabase } from '@footing/core/tooling'
import { PgBoss } from 'pg-boss'
import { z } from 'zod'

const rounds = 5
const oneByOne = 1500
const inBulk = 10_000
const batch = 500
const atOnce = 200
const perSecondOffered = 50
const offered = 1500

const Mail = z.object({ to: z.string(), subject: z.string() })
const mailOf = (index: number) => ({ to: `somebody-${index}@example.org`, subject: 'Your invoice of this month' })

const declared = {
  fast: job({ payload: Mail, concurrency: { perProcess: atOnce } }),
  timed: job({ payload: Mail }),
}
const folder = mkdtempSync(join(tmpdir(), 'footing-jobs-'))
writeFileSync(join(folder, '0001-line.sql'), 'create table mail.line (id int primary key);')
const mail = defineModule('mail', {
  owner: '@acme/mail',
  tables: ['line'],
  migrations: pathToFileURL(`${folder}/`),
  uses: [jobs(declared)],
})

let handled = 0
const begun = new Map<string, number>()

function shop(given: { jobs?: ModuleJobs<typeof declared> }) {
  return createApp({
    name: 'shop',
    modules: [
      implement(mail, (kit) => {
        given.jobs = kit.jobs
        return {
          jobs: {
            fast: async () => {
              handled += 1
            },
            timed: async (_mail, _context, { id }) => {
              begun.set(id, performance.now())
            },
          },
        }
      }),
    ],
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return count / ((performance.now() - started) / 1000)
}

async function tenAtOnce(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: 10 }, lane))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

const database = await createTestDatabase({
  migrations: [{ module: 'mail', needs: [], folder: mail.migrations as URL }],
})
const given: { jobs?: ModuleJobs<typeof declared> } = {}
const app = shop(given)
await provisionDatabase(database.directUrl, app)
const env = { DATABASE_URL: database.url, DRAIN_DELAY_MS: '0' }
const web = await app.start({ env, role: 'web', profile: 'production', port: 0, host: '127.0.0.1' })
const ours = given.jobs
if (ours === undefined) throw new Error('the module was not set up')

const bare = new PgBoss({ connectionString: database.url, schema: 'bare', schedule: false, registerInstance: false })
bare.on('error', (error) => process.stderr.write(`${error.message}\n`))
await bare.start()
await bare.createQueue('fast')

const results = { one: [[], []], bulk: [[], []], drain: [[], []] } as Record<string, [number[], number[]]>
const note = (what: string, who: 0 | 1, value: number) => results[what]?.[who].push(value)
for (let round = 0; round < rounds; round += 1) {
  note('one', 0, await perSecond(oneByOne, () => tenAtOnce(oneByOne, (index) => bare.send('fast', mailOf(index)))))
  note('one', 1, await perSecond(oneByOne, () => tenAtOnce(oneByOne, (index) => ours.add('fast', mailOf(index)))))
  const batches = Array.from({ length: inBulk / batch }, (_, index) => index)
  const mails = batches.map((at) => Array.from({ length: batch }, (_, index) => mailOf(at * batch + index)))
  note(
    'bulk',
    0,
    await perSecond(inBulk, async () => {
      for (const page of mails)
        await bare.insert(
          'fast',
          page.map((data) => ({ data })),
        )
    }),
  )
  note(
    'bulk',
    1,
    await perSecond(inBulk, async () => {
      for (const page of mails) await ours.addMany('fast', page)
    }),
  )
  const waiting = inBulk + oneByOne
  let bareHandled = 0
  note(
    'drain',
    0,
    await perSecond(waiting, async () => {
      const options = { batchSize: atOnce, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true } as const
      await bare.work('fast', options, async (batchOfJobs) => {
        bareHandled += batchOfJobs.length
      })
      await until(() => bareHandled >= waiting)
      await bare.offWork('fast')
    }),
  )
  handled = 0
  const worker = await app.start({ env, role: 'worker', profile: 'production' })
  note('drain', 1, await perSecond(waiting, () => until(() => handled >= waiting)))
  await worker.stop()
  process.stderr.write(`round ${round + 1} of ${rounds}\n`)
}

const worker = await app.start({ env, role: 'worker', profile: 'production' })
const added = new Map<string, number>()
const first = performance.now()
for (let index = 0; index < offered; index += 1) {
  const wait = first + (index * 1000) / perSecondOffered - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  const { id } = await ours.add('timed', mailOf(index))
  added.set(id, performance.now())
}
await until(() => begun.size >= offered)
// Measured from the moment the caller has been told that the job was added, because it can begin from then on.
const waits = [...added].map(([id, at]) => Math.max(0, (begun.get(id) ?? 0) - at)).toSorted((a, b) => a - b)
const quantile = (share: number) => (waits[Math.floor(waits.length * share)] ?? Number.NaN).toFixed(0)

await worker.stop()
await web.stop()
await bare.stop({ graceful: false })
await database.drop()
await stopOwnServers()
rmSync(folder, { recursive: true })

const names: Readonly<Record<string, string>> = {
  one: 'added one by one, ten at once',
  bulk: `added in bulk, ${batch} in a call`,
  drain: 'drained by one process, handlers that do nothing',
}
const lines = Object.entries(results).map(([what, [theirs, own]]) => {
  const [left, right] = [median(theirs), median(own)]
  return `| ${names[what]} | ${left.toFixed(0)} | ${right.toFixed(0)} | ${((100 * right) / left).toFixed(0)} % |`
})
const page = `# Jobs

Written by \`benchmarks/jobs.ts\`. Medians of ${rounds} rounds that take turns in one run, on two cores that other work shared, through
PgBouncer in transaction mode. The test server does not wait for the disk. Bare is pg-boss as its documentation uses it, with batches of
${atOnce} and without a pause between full ones; here a payload is also checked, carries its version and ids, and each job has a handler, a context
and a deadline of its own.

| jobs per second | pg-boss, bare | here | share |
|---|---|---|---|
${lines.join('\n')}

At ${perSecondOffered} jobs a second, added by another process, the handler began after ${quantile(0.5)} ms (median), ${quantile(0.95)} ms (95 %) and ${quantile(0.99)} ms (99 %) from the answer to
its caller, of ${offered} jobs.
`
writeFileSync(new URL('./jobs.md', import.meta.url), page)
process.stdout.write(page)
