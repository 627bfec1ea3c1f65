// A call that nothing limits, as both languages tell it.
import type { Site } from '../../survey/survey.ts'

/** A call that has no limit of its own. */
export interface EndlessCall extends Site {
  /** `requests.get`, `axios.post`. */
  readonly name: string
  readonly confidence: 'definite' | 'probable'
  /** How long it may take when nothing answers, as the end of "it waits …". */
  readonly waits: string
  /** How to limit it, as a sentence. */
  readonly remedy: string
  /** A limit of minutes, or a connection that rarely hangs. */
  readonly isMild: boolean
}

/** Calls without a limit, of those that were looked at. */
export interface EndlessCalls {
  readonly endless: readonly EndlessCall[]
  readonly examined: number
}
