// Jobs that nothing ends: tried again without end, without a time limit, asleep in a worker.
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules, widest } from '../../diagnosis/extent.ts'

const RETRY = 'async/endless-retry'
const LIMIT = 'async/unlimited-job'
const SLEEP = 'async/sleeping-worker'

export const diagnosis: Diagnosis = {
  id: 'async/unlimited-jobs',
  decision: 'async',
  summary: 'Jobs have no end: retries without a number, no time limit, workers that sleep.',
  diagnose(context) {
    const found = ofRules(context, [RETRY, LIMIT, SLEEP])
    const kinds = new Set(found.map(({ rule }) => rule))
    if (kinds.size < 2) return []
    const retries = widest(found.filter(({ rule }) => rule === RETRY))
    const unlimited = widest(found.filter(({ rule }) => rule === LIMIT))
    const sleeping = found.filter(({ rule }) => rule === SLEEP).length
    const parts = [
      ...(kinds.has(RETRY) ? [`${retries > 1 ? `${retries} tasks are` : 'a task is'} tried again without end`] : []),
      ...(kinds.has(LIMIT) ? [unlimited > 1 ? `${unlimited} have no time limit` : 'no time limit is set'] : []),
      ...(sleeping > 0 ? [`${sleeping === 1 ? 'one sleeps' : `${sleeping} places sleep`} inside a worker`] : []),
    ]
    const text = parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
    return [
      {
        what: `Jobs have no end: ${text}.`,
        why: 'One job that hangs keeps its worker, one that fails keeps coming back, and the queue behind them grows unseen.',
        do: 'Set a time limit for all tasks, a number of retries with growing distance, and let the queue wait instead of the worker.',
        findings: found,
      },
    ]
  },
}
