// The process that answers requests is scheduler, consumer and job queue as well.

import { counted } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules, placesOf } from '../../diagnosis/extent.ts'

const SCHEDULER = 'state/in-process-scheduler'
const QUEUE = 'state/thread-as-job-queue'
const CONSUMER = 'state/in-process-consumer'

export const diagnosis: Diagnosis = {
  id: 'state/overloaded-web-process',
  decision: 'state',
  summary: 'The web process is scheduler, consumer or job queue as well.',
  diagnose(context) {
    // A schedule whose leader is elected fires once: it is told at its place and is no part of this.
    const found = ofRules(context, [SCHEDULER, QUEUE, CONSUMER]).filter(({ severity }) => severity !== 'info')
    if (placesOf(found) < 2) return []
    const schedules = placesOf(found.filter(({ rule }) => rule === SCHEDULER))
    const consumers = placesOf(found.filter(({ rule }) => rule === CONSUMER))
    const jobs = placesOf(found.filter(({ rule }) => rule === QUEUE))
    const parts = [
      ...(schedules > 0 ? [`scheduler (${counted(schedules, 'place')})`] : []),
      ...(consumers > 0 ? [`consumer (${counted(consumers, 'place')})`] : []),
      ...(jobs > 0 ? [`job queue (${counted(jobs, 'place')})`] : []),
    ]
    const text = parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
    const many = context.processes === '' ? 'in each process that answers requests' : `in each of ${context.processes}`
    return [
      {
        what: `The web process is also ${text}.`,
        why: `It happens ${many}: ${schedules > 0 ? 'schedules fire more than once' : ''}${schedules > 0 && jobs + consumers > 0 ? ', and ' : ''}${jobs + consumers > 0 ? 'work that was taken on is lost when a process is replaced, which a deployment does to all of them' : ''}.`,
        do: 'Give the work to a queue that outlives the process and start it in a worker of its own, from the same code with another command.',
        findings: found,
      },
    ]
  },
}
