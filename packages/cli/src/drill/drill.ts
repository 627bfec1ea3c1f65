// What a drill is: a file that says what it needs and how long it takes, and does the thing for real.
import type { App } from '@footing/core'
import type { ApplicationPlace } from '../application/application.ts'
import type { Terminal } from '../command/terminal.ts'
import type { DrillReport } from './report/report.ts'
import type { DrillRequest } from './request.ts'

/** What a drill is given. */
export interface DrillContext {
  readonly place: ApplicationPlace
  readonly app: App
  readonly request: DrillRequest
  readonly env: Readonly<Record<string, string | undefined>>
  readonly terminal: Pick<Terminal, 'note' | 'live'>
  readonly signal: AbortSignal
}

/** One drill. */
export interface Drill {
  readonly name: string
  readonly summary: string
  /** What has to be there, each in a few words. */
  readonly needs: readonly string[]
  /** How long it takes, in words. */
  readonly takes: string
  /** The page about it, from the repository's root. */
  readonly docs: string
  /** Resolves with what it found; rejects with a coded error where it could not run, and with the reason of the signal. */
  readonly run: (context: DrillContext) => Promise<DrillReport>
}
