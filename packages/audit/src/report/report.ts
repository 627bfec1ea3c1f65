// A report: a pure function from the one result to the text of a format. Only the command line writes and picks exits.
import type { AuditResult } from '../result/audit-result.ts'

/** What a reporter may know besides the result; everything that could differ between machines is here. */
export interface ReportOptions {
  /** Columns of the terminal format. */
  readonly width: number
  readonly color: boolean
  /** False draws shapes and trees in ASCII. */
  readonly unicode: boolean
  /** Every finding with its details, not the first screen and the first ones. */
  readonly verbose: boolean
  /** Where rule pages are published, ending in `/`. */
  readonly pagesUrl: string
  /** The command that was run, for a report that is read elsewhere. */
  readonly command: string
}

/** Options for a file or a pipe. */
export const PLAIN: ReportOptions = {
  width: 80,
  color: false,
  unicode: true,
  verbose: false,
  pagesUrl: 'https://github.com/footing-dev/footing/blob/main/packages/audit/src/rules/',
  command: 'footing audit',
}

/** Makes the text of one format, ending in a line break. */
export type Reporter = (result: AuditResult, options: ReportOptions) => string
