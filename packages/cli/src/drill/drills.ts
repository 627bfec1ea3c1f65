// Every drill, in the order of the list that `footing drill` shows.
import type { Drill } from './drill.ts'
import { killWorker } from './kill-worker.ts'

/** The drills. */
export const drills: readonly Drill[] = [killWorker]
