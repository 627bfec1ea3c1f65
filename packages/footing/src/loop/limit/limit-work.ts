// Work of which only so much is done at once: what cannot be done in time is refused when it comes, not when it is too late.
import { currentContext } from '../../work/call-context.ts'
import { Semaphore } from '../../work/semaphore.ts'
import { limitErrors } from './errors.ts'

/** How work is bounded. */
export interface WorkLimits {
  /** Most pieces at once. */
  readonly atOnce: number
  /** Most pieces that wait. */
  readonly waiting: number
}

/** Bounded work of one kind. */
export interface LimitedWork {
  /**
   * Does a piece of it, when its turn comes. A piece whose caller has gone meanwhile is not begun.
   * @throws `work-refused` at once when too many wait, or when its turn would come after the deadline of the context; what
   * the work throws
   */
  run<T>(work: () => Promise<T>): Promise<T>
  readonly running: number
  readonly waiting: number
}

/** Assumed for the first pieces, in milliseconds. */
const unmeasuredMs = 100
/** Weight of the newest piece in the mean. */
const newest = 0.2

/** Bounds one kind of work in this process: hashing passwords, drawing pictures, calls of a service that takes few at once. */
export function limitWork(name: string, { atOnce, waiting }: WorkLimits): LimitedWork {
  const line = new Semaphore(atOnce)
  let meanMs = unmeasuredMs
  /** Until a piece that comes now has been done. */
  const expectedMs = () => {
    const roundsBefore = line.inside < atOnce ? 0 : Math.ceil((line.waiting + 1) / atOnce)
    return (roundsBefore + 1) * meanMs
  }
  const refuse = () => {
    const retryAfterMs = Math.max(1, Math.ceil(expectedMs()))
    throw limitErrors('work-refused', { details: { name, retryAfterMs } })
  }
  return {
    async run(work) {
      const context = currentContext()
      const remainingMs = context?.remainingMs() ?? Number.POSITIVE_INFINITY
      const full = line.inside >= atOnce
      if (full && (line.waiting >= waiting || expectedMs() > remainingMs)) refuse()
      const signal = full ? context?.signal : undefined
      const turned = await line.enter({ timeoutMs: Math.min(remainingMs, longestTimer), signal })
      if (turned === 'aborted') throw signal?.reason
      if (turned !== undefined) refuse()
      const began = performance.now()
      try {
        return await work()
      } finally {
        meanMs += newest * (performance.now() - began - meanMs)
        line.leave()
      }
    },
    get running() {
      return line.inside
    },
    get waiting() {
      return line.waiting
    },
  }
}

const longestTimer = 2 ** 31 - 1
