// Events in one process: queues in memory, one for each pair of subscriber and announcing module.
import type { Clock } from '@footing/kernel'
import { type AnyTransaction, onTransactionEnd } from '../../data/contract/transaction-end.ts'
import type { DriverGuarantees, EventDriver, EventEnvelope, Subscriber } from '../contract/contract.ts'
import { eventErrors } from '../contract/errors.ts'
import { SubscriberQueue } from './subscriber-queue.ts'

/** How the driver is made. */
export interface InProcessEventsOptions {
  readonly clock: Clock
  /** Most events that may wait for one subscriber of one module. Default 1000. */
  readonly room?: number
  /** Longest wait for room in milliseconds; the deadline of the caller wins when it is nearer. Default 1000. */
  readonly patienceMs?: number
}

/** At most once: what waits when the process dies is lost, and a handler that fails is not called again. */
export const inProcessGuarantees: DriverGuarantees = {
  transactional: true,
  ordered: true,
  'ordered-per-key': true,
  durable: false,
  'at-least-once': false,
  'across-processes': false,
  replay: 0,
  'fan-out': 'copy',
  'unaffected-by-open-transactions': true,
  'lag-visible': false,
}

/** Makes the driver that needs nothing. */
export function inProcessEvents({ clock, room = 1000, patienceMs = 1000 }: InProcessEventsOptions): EventDriver {
  const queues = new Map<string, SubscriberQueue>()
  let started = false
  let closed = false

  const queuesFor = (envelope: EventEnvelope) =>
    [...queues.values()].filter((queue) => queue.hears(envelope.module, envelope.event))

  return {
    name: 'in-process',
    guarantees: inProcessGuarantees,
    get waiting() {
      return [...queues.values()].reduce((sum, queue) => sum + queue.size, 0)
    },
    subscribe(subscriber: Subscriber) {
      const key = `${subscriber.module} ${subscriber.emitter}`
      const queue = queues.get(key) ?? new SubscriberQueue(subscriber.module, subscriber.emitter, room)
      queue.add(subscriber)
      queues.set(key, queue)
    },
    async start() {
      started = true
      for (const queue of queues.values()) queue.start()
    },
    async take(envelope: EventEnvelope, tx: AnyTransaction | undefined, callerPatienceMs: number) {
      const event = `${envelope.module}.${envelope.event}`
      if (closed) throw eventErrors('events-closed', { details: { event } })
      const taken: SubscriberQueue[] = []
      try {
        for (const queue of queuesFor(envelope)) {
          // Before the commit, so that whoever cannot be served is refused and rolls back.
          await queue.reserve(clock, Math.min(patienceMs, callerPatienceMs), event)
          taken.push(queue)
        }
        if (tx === undefined) for (const queue of taken) queue.fill(envelope)
        else onTransactionEnd(tx, (outcome) => settle(taken, envelope, outcome === 'committed'))
      } catch (error) {
        for (const queue of taken) queue.release()
        throw error
      }
    },
    async drain(deadlineMs: number) {
      // Handlers may still announce while they run; when the last queue is empty the door is shut.
      const idle = started ? whenIdle(queues) : Promise.resolve()
      const limit = new AbortController()
      await Promise.race([idle, clock.sleep(deadlineMs, limit.signal).catch(() => undefined)])
      limit.abort()
      closed = true
      return [...queues.values()].reduce((sum, queue) => sum + queue.close(), 0)
    },
  }
}

function settle(queues: readonly SubscriberQueue[], envelope: EventEnvelope, committed: boolean): void {
  for (const queue of queues) {
    if (committed) queue.fill(envelope)
    else queue.release()
  }
}

/** A handler can announce to another queue, so all are asked until none has anything. */
async function whenIdle(queues: ReadonlyMap<string, SubscriberQueue>): Promise<void> {
  while ([...queues.values()].some((queue) => queue.size > 0)) {
    await Promise.all([...queues.values()].map((queue) => queue.idle()))
  }
}
