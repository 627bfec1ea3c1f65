// The reporters by the name that `--format` takes.
import { github } from './github.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { markdown } from './markdown.ts'
import type { Reporter } from './report.ts'
import { sarif } from './sarif.ts'
import { terminal } from './terminal.ts'

export { githubSummary } from './github.ts'
export { PLAIN, type Reporter, type ReportOptions } from './report.ts'

/** Name of a report format. */
export type Format = 'terminal' | 'json' | 'sarif' | 'markdown' | 'github' | 'html'

/** Every format; adding one is adding a line here. */
export const reporters: Readonly<Record<Format, Reporter>> = { terminal, json, sarif, markdown, github, html }
