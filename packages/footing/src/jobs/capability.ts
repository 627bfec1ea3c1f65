// Jobs as a capability: kept in the database of the application or in a store that JOBS_URL names, run by workers.
import { type AppProcess, defineCapability, type ProcessFacts, type StartedModule } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { optionalSetting } from '../module/setting.ts'
import { readableBy } from '../module/text-schema.ts'
import { declares } from '../module/use.ts'
import { jobGuarantees } from './contract/guarantees.ts'
import { jobsSchema } from './drivers/pg-boss-sample.ts'
import { provisionPgBoss } from './drivers/provision-pg-boss.ts'
import { hasDatabase, jobsDriver, openJobsDriver, readJobsUrl } from './open-jobs.ts'
import { ProcessJobs } from './process-jobs.ts'

const settings = {
  JOBS_URL: optionalSetting({
    schema: readableBy(readJobsUrl),
    secret: true,
    summary: 'where jobs are kept, redis://… or sqs://…; the database of the application when it is not set',
  }),
} as const

/** Work that is done later, by whichever process is free; `uses: [jobs({ … })]` gives `kit.jobs`. */
export const jobsCapability = defineCapability<typeof settings, ProcessJobs>({
  name: 'jobs',
  summary: 'work of the modules that is done later, kept until it is done',
  settings,
  guarantees: jobGuarantees,
  schema: jobsSchema,
  needs: (facts) => (isElsewhere(facts) || !hasDatabase(facts) ? [] : ['data']),
  driver({ JOBS_URL }, facts) {
    const { driver, guarantees } = jobsDriver(JOBS_URL, facts)
    return { driver, from: JOBS_URL === undefined ? undefined : 'JOBS_URL', guarantees: { ...guarantees } }
  },
  async open({ JOBS_URL }, process) {
    const { driver: name } = jobsDriver(JOBS_URL, process)
    const opened = new ProcessJobs(process, name, await openJobsDriver(JOBS_URL, process), usersOf(process))
    await opened.declare()
    return opened
  },
  kit(opened, { manifest, elsewhere: placed }) {
    if (!declares(manifest, 'jobs')) return {}
    return { jobs: opened === undefined || placed ? elsewhere('jobs', manifest.name) : opened.handleOf(manifest) }
  },
  join(opened, module: StartedModule) {
    opened.join(module)
    return undefined
  },
  async provision(directUrl, modules) {
    if (modules.some((module) => declares(module, 'jobs'))) await provisionPgBoss(directUrl)
  },
  start: (opened) => opened.start(),
  async health(opened) {
    await opened.driver.ping()
    return 'ok'
  },
  gauges: (opened) => opened.gauges(),
  drain: (opened, deadlineMs) => opened.drain(deadlineMs),
  close: (opened) => opened.driver.close(),
})

function isElsewhere({ env }: ProcessFacts): boolean {
  return Boolean(env.JOBS_URL || env.JOBS_URL_FILE)
}

/** Modules whose jobs this process adds, and those elsewhere whose jobs it can do by calling their operations. */
function usersOf({ places, app, role }: AppProcess): readonly AnyManifest[] {
  const placed = role === 'web' ? [] : app.modules.filter(({ name }) => places.placed.has(name))
  return [...places.local, ...placed].filter((module) => declares(module, 'jobs'))
}
