// What the store of jobs shows as given up: the question of an operator, asked for the operations of the probe.
import { type DataSource, openJobsAdmin } from '@footing/core/tooling'
import type { Operation } from '../judge/history.ts'
import { probeName } from './probe-tables.ts'

/** Most that a list can hold; a run has fewer. */
const most = 1000

/** Operations whose jobs have failed for good. */
export async function givenUp(application: string, source: DataSource): Promise<ReadonlySet<string>> {
  const admin = await openJobsAdmin({ application, data: source })
  try {
    const failed = await admin.list({ state: 'failed', name: `${probeName}.poison`, limit: most })
    const shown = await Promise.all(failed.map(({ id }) => admin.show(id)))
    return new Set(shown.flatMap((job) => (isOperation(job?.payload) ? [job.payload.id] : [])))
  } finally {
    await admin.close()
  }
}

function isOperation(payload: unknown): payload is Operation {
  return typeof payload === 'object' && payload !== null && 'id' in payload && typeof payload.id === 'string'
}
