// What the event-loop guard tells, as coded sentences.
import { defineErrors } from '@footing/kernel'

/** The closed table of the event loop. */
export const eventLoopErrors = defineErrors({
  'event-loop-stalled': {
    status: 500,
    retryable: false,
    what: '{handler} held the event loop for {ms} ms{where}.',
    why: 'Meanwhile no other request of this process was answered; it may take {budget} ms.',
    remedy: '{advice}',
  },
  'event-loop-unnamed': {
    status: 500,
    retryable: false,
    what: 'Stalls of the event loop are measured, but their place in the code is not found: {reason}',
    why: 'The guard runs in a worker thread and asks the inspector, and one of the two is not to be had.',
    remedy: 'Allow worker threads and the inspector, or set EVENT_LOOP_GUARD=measure when that is meant.',
  },
})
