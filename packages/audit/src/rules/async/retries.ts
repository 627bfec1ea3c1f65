// What is tried again without end, as both languages tell it.
import type { Confidence } from '../../facts/place.ts'
import type { Site } from '../../survey/survey.ts'

/** Something that is tried again without end. */
export interface Retry extends Site {
  /** What says so, as the end of "tries again without end": `max_retries=None` of a Celery task. */
  readonly by: string
  readonly kind: 'task' | 'decorator' | 'loop'
  readonly remedy: string
  readonly confidence: Exclude<Confidence, 'possible'>
}

/** What the languages found. */
export interface Retries {
  readonly endless: readonly Retry[]
  readonly examined: number
}
