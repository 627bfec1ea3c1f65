// What an application of this library can stand on: the only list, in the order of opening. A new one is a folder and a line.
import { analyticsCapability } from '../analytics/capability.ts'
import { archiveCapability } from '../archive/capability.ts'
import type { AnyCapability } from '../capability/capability.ts'
import { cronCapability } from '../cron/capability.ts'
import { dataCapability } from '../data/capability.ts'
import { effectsCapability } from '../effects/capability.ts'
import { eventsCapability } from '../events/capability.ts'
import { httpCapability } from '../http/capability.ts'
import { jobsCapability } from '../jobs/capability.ts'
import { limitsCapability } from '../limits/capability.ts'
import { locksCapability } from '../locks/capability.ts'
import { loopCapability } from '../loop/capability.ts'
import { migrationsCapability } from '../migrations/capability.ts'
import { placementCapability } from '../placement/capability.ts'
import { recordsCapability } from '../records/capability.ts'
import { redisCapability } from '../redis/capability.ts'
import { searchCapability } from '../search/capability.ts'
import { sessionsCapability } from '../sessions/capability.ts'
import { storageCapability } from '../storage/capability.ts'
import { telemetryCapability } from '../telemetry/capability.ts'

/** All capabilities of the library. */
export const capabilities: readonly AnyCapability[] = [
  telemetryCapability,
  loopCapability,
  dataCapability,
  migrationsCapability,
  recordsCapability,
  redisCapability,
  limitsCapability,
  locksCapability,
  sessionsCapability,
  storageCapability,
  searchCapability,
  analyticsCapability,
  archiveCapability,
  eventsCapability,
  effectsCapability,
  jobsCapability,
  cronCapability,
  placementCapability,
  httpCapability,
]
