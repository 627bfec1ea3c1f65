// A query that a loop repeats, as both languages tell it.
import type { ChainStep } from '../../detection/detection.ts'
import type { Confidence } from '../../facts/place.ts'
import type { Site } from '../../survey/survey.ts'

/** A query in a loop; the place is in the loop. */
export interface LoopedQuery extends Site {
  /** `Order.objects.get`, `order.customer`. */
  readonly what: string
  readonly confidence: Confidence
  /** The function that asks, when the loop only calls it. */
  readonly through: ChainStep | undefined
  readonly isWrite: boolean
  readonly remedy: string
}

/** What a language found. */
export interface LoopedQueries {
  readonly queries: readonly LoopedQuery[]
  readonly examined: number
}
