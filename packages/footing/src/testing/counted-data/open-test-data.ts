// The data source of a test: the rights of each module, and every statement counted.

import type { Clock } from '@footing/kernel'
import type { DataSource } from '../../data/contract/contract.ts'
import { openDataSource } from '../../data/data-source.ts'
import { databaseOf, moduleRole } from '../../data/ownership/module-roles.ts'
import { databaseScope } from '../../data/work-scope.ts'
import type { AnyManifest } from '../../module/define-module.ts'
import { recordHooks } from '../../records/record-hooks.ts'
import type { QueryCounter } from './query-counter.ts'

/** What tells one test's database from another's. Plain data, so that it can be sent to another process. */
export interface TestDataPlace {
  readonly url: string
  readonly directUrl: string
  readonly poolSize: number
  readonly replicaUrls: readonly string[]
  /** Each module has only the rights of its manifest. */
  readonly ownership: boolean
}

/** Opens it. */
export function openTestData(
  place: TestDataPlace,
  modules: readonly AnyManifest[],
  queries: QueryCounter,
  clock: Clock | undefined,
): DataSource {
  const { url, directUrl, poolSize, replicaUrls, ownership } = place
  return openDataSource({
    url,
    poolSize,
    replicaUrls,
    ...(ownership ? { roleOf: (module: string) => roleOf(directUrl, module) } : {}),
    hooks: recordHooks(modules),
    scope: () => queries.observe(databaseScope()),
    ...(clock === undefined ? {} : { clock }),
  })
}

// What belongs to no module, such as the account of erasures or the tables of a capability, has the rights of the connecting user.
function roleOf(url: string, module: string): string | undefined {
  return module === 'footing' || module.startsWith('footing_') ? undefined : moduleRole(databaseOf(url), module)
}
