// Every error table of the library in one list, for `footing explain` and the reference page.
import { analyticsErrors } from '../analytics/contract/errors.ts'
import { appErrors } from '../app/errors.ts'
import { archiveErrors } from '../archive/contract/errors.ts'
import { capabilityErrors } from '../capability/errors.ts'
import { cronErrors } from '../cron/contract/errors.ts'
import { dataErrors } from '../data/contract/errors.ts'
import { effectErrors } from '../effects/contract/errors.ts'
import { eventErrors } from '../events/contract/errors.ts'
import { hostErrors } from '../host/errors.ts'
import { httpErrors } from '../http/errors.ts'
import { jobErrors } from '../jobs/contract/errors.ts'
import { limitsErrors } from '../limits/contract/errors.ts'
import { lockErrors } from '../locks/contract/errors.ts'
import { fanOutErrors } from '../loop/fan-out/errors.ts'
import { eventLoopErrors } from '../loop/guard/errors.ts'
import { limitErrors } from '../loop/limit/errors.ts'
import { cpuErrors } from '../loop/threads/errors.ts'
import { moduleErrors } from '../module/errors.ts'
import { placementErrors } from '../placement/errors.ts'
import { accessLogErrors } from '../records/access-log/errors.ts'
import { personalDataErrors } from '../records/personal-data/errors.ts'
import { redisErrors } from '../redis/contract/errors.ts'
import { searchErrors } from '../search/contract/errors.ts'
import { sessionErrors } from '../sessions/contract/errors.ts'
import { storageErrors } from '../storage/contract/errors.ts'
import { workErrors } from '../work/errors.ts'

/** Tables by the capability that they belong to. */
export const errorTables = {
  accessLog: accessLogErrors,
  analytics: analyticsErrors,
  app: appErrors,
  archive: archiveErrors,
  capability: capabilityErrors,
  cpu: cpuErrors,
  cron: cronErrors,
  limit: limitErrors,
  limits: limitsErrors,
  locks: lockErrors,
  sessions: sessionErrors,
  data: dataErrors,
  effects: effectErrors,
  eventLoop: eventLoopErrors,
  events: eventErrors,
  fanOut: fanOutErrors,
  host: hostErrors,
  http: httpErrors,
  jobs: jobErrors,
  module: moduleErrors,
  personalData: personalDataErrors,
  placement: placementErrors,
  redis: redisErrors,
  search: searchErrors,
  storage: storageErrors,
  work: workErrors,
} as const
