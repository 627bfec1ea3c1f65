// Every diagnosis, the more specific before the more general: a finding is explained by the first that takes it.

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { diagnosis as synchronousDatabase } from './async/synchronous-database.ts'
import { diagnosis as unboundedCalls } from './async/unbounded-calls.ts'
import { diagnosis as unlimitedJobs } from './async/unlimited-jobs.ts'
import { diagnosis as waitingEventLoop } from './async/waiting-event-loop.ts'
import { diagnosis as misplacedModule } from './boundaries/misplaced-module.ts'
import { diagnosis as noDirection } from './boundaries/no-direction.ts'
import { diagnosis as overgrownModules } from './boundaries/overgrown-modules.ts'
import { diagnosis as connectionPerRequest } from './data/connection-per-request.ts'
import { diagnosis as poolerBreakers } from './data/pooler-breakers.ts'
import { diagnosis as queriesInLoops } from './data/queries-in-loops.ts'
import { diagnosis as scatteredSql } from './data/scattered-sql.ts'
import { diagnosis as blindOperation } from './observability/blind-operation.ts'
import { diagnosis as vendorInDomain } from './reversibility/vendor-in-domain.ts'
import { diagnosis as overloadedWebProcess } from './state/overloaded-web-process.ts'
import { diagnosis as stateOfOneProcess } from './state/state-of-one-process.ts'

/** The catalogue. */
export const diagnoses: readonly Diagnosis[] = [
  misplacedModule,
  noDirection,
  overgrownModules,
  synchronousDatabase,
  waitingEventLoop,
  unboundedCalls,
  unlimitedJobs,
  connectionPerRequest,
  poolerBreakers,
  queriesInLoops,
  scatteredSql,
  overloadedWebProcess,
  stateOfOneProcess,
  blindOperation,
  vendorInDomain,
]
