// unmeasured-queue in TypeScript: workers on a queue whose length nobody asks for.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { mentionedIn } from '../../survey/application.ts'
import { packageInUse, serversOf } from '../../survey/typescript-servers.ts'
import { METERS } from './server-telemetry.ts'

/** Queues whose length is theirs to tell; those of a vendor (SQS) are measured by the vendor. */
const QUEUES = [
  'bullmq',
  'bull',
  '@nestjs/bullmq',
  '@nestjs/bull',
  'bee-queue',
  'pg-boss',
  'graphile-worker',
  'agenda',
  'kue',
]
const BOARDS = [
  '@bull-board/*',
  'bull-board',
  'bull-arena',
  '@taskforcesh/*',
  'bullmq-exporter',
  'bull-monitor',
  '@bull-monitor/*',
  'agendash',
]
/** Asking a queue how long it is. */
const LENGTHS = [
  'getJobCounts',
  'getJobCountByTypes',
  'getWaitingCount',
  'getWaiting',
  'getMetrics',
  'exportPrometheusMetrics',
  'getActiveCount',
  'getDelayedCount',
  'getQueueSize',
  'getQueueStats',
  'checkHealth',
  'monitor-states',
]

/** Judges a TypeScript program. */
export function typescript(context: RuleContext): RuleResult {
  const workers = serversOf(context).filter((server) => server.tasks.length > 0 && packageInUse(server, QUEUES) !== '')
  const examined = { count: workers.length, of: 'job queues' }
  const isAsked = workers.length > 0 && mentionedIn(context, LENGTHS) !== ''
  const deployed = context.config.services.some(({ name, image }) =>
    /exporter|bull-?board|arena/.test(`${name} ${image}`),
  )
  if (isAsked || deployed) return { detections: [], examined }
  const detections = workers
    .filter((server) => packageInUse(server, [...METERS, ...BOARDS]) === '')
    .map((server): Detection => {
      const queue = packageInUse(server, QUEUES)
      return {
        place: server.tasks[0]!.place,
        subject: queue,
        evidence: `${queue} without a length metric`,
        message: {
          what: `${counted(server.tasks.length, 'task')} run on \`${queue}\`, and neither a metric of the queue's length nor a board is in sight.`,
          why: 'A backlog shows first as mails that come hours late; with no length and no age nobody can tell too few workers from one poisoned job.',
          do: 'Publish `getJobCounts()` and the age of the oldest waiting job for each queue as metrics, and alert on the age.',
        },
        confidence: 'probable',
      }
    })
  return { detections, examined }
}
