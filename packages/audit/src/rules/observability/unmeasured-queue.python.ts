// unmeasured-queue in Python: a job queue whose length and age nobody measures.

import { counted } from '../../detection/words.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { libraryInUse, mentionedIn, taskCount } from '../../survey/application.ts'
import { METERS } from './unmeasured-service.python.ts'

const QUEUES = ['celery', 'rq', 'dramatiq', 'arq', 'huey', 'procrastinate', 'taskiq', 'streaq']
const EXPORTERS = [
  ...METERS,
  ...(
    'flower celery_exporter celery_prometheus_exporter rq_exporter rq_dashboard django_rq ' + 'dramatiq_dashboard'
  ).split(' '),
]
/** Asking a broker how long its queue is. */
const LENGTHS = (
  'llen active_queues queue_declare zcard xlen reserved get_queue_attributes ' +
  'ApproximateNumberOfMessages celery_queue_length queue_length queue_depth'
).split(' ')

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const tasks = taskCount(context)
  const queue = libraryInUse(context, QUEUES)
  if (tasks === 0 || queue === '') return { detections: [], examined: { count: 0, of: 'job queues' } }
  const examined = { count: 1, of: 'job queues' }
  const deployed = context.config.services.some(({ name, image }) =>
    /flower|exporter|rq-dashboard/.test(`${name} ${image}`),
  )
  if (deployed || libraryInUse(context, EXPORTERS) !== '' || mentionedIn(context, LENGTHS) !== '')
    return { detections: [], examined }
  const first = context.program.entries.find((entry) => entry.kind === 'task')!
  return {
    detections: [
      {
        place: first.place,
        subject: queue,
        evidence: `${queue} without a length metric`,
        message: {
          what: `${counted(tasks, 'task')} run on ${queue}, and neither an exporter nor a metric of the queue's length is in sight.`,
          why: 'A backlog shows first as mails that come hours late; with no length and no age nobody can tell too few workers from one poisoned job.',
          do: 'Publish length and age of the oldest job for each queue (an exporter beside the broker will do) and alert on the age.',
        },
        confidence: 'probable',
      },
    ],
    examined,
  }
}
