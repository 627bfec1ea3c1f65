// One drill from the command line: finds it and the application, runs it, shows what it found, writes page and history.
import { randomInt } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { requireApplication } from '../application/application.ts'
import { loadApplication } from '../application/load-application.ts'
import type { CommandContext, OptionValue } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import type { Drill } from './drill.ts'
import { drillPage } from './report/drill-page.ts'
import type { DrillReport } from './report/report.ts'
import { showReport } from './report/show-report.ts'
import { drillRequest } from './request.ts'

/**
 * Runs it; undefined when it was stopped.
 * @throws `drill-unknown`, `drill-option-wrong`, `app-missing`, `drill-file-unwritable`, and what the drill says itself
 */
export async function runDrill(
  drills: readonly Drill[],
  name: string,
  context: CommandContext,
): Promise<DrillReport | undefined> {
  const { args, options, cwd, env, signal, terminal } = context
  const drill = drills.find((one) => one.name === name)
  if (drill === undefined) {
    throw cliErrors('drill-unknown', { details: { drill: name, known: drills.map((one) => one.name).join(', ') } })
  }
  const request = drillRequest(context, randomInt(1, 1_000_000))
  const place = requireApplication(cwd, typeof args.app === 'string' ? args.app : undefined, `drill ${name}`)
  // Before the minutes, not after them.
  const page = target(options.html, cwd)
  const history = target(options.history, cwd)
  const app = await loadApplication(place)
  let report: DrillReport
  try {
    report = await drill.run({ place, app, request, env, terminal, signal })
  } catch (error) {
    if (!signal.aborted) throw error
    terminal.note('stopped: nothing was judged')
    return undefined
  }
  if (page !== undefined) writeFileSync(page, drillPage(report))
  if (terminal.wantsJson) terminal.json(report)
  else showReport(report, terminal)
  if (history !== undefined) appendFileSync(history, `${JSON.stringify({ schemaVersion: 1, ...report })}\n`)
  return report
}

function target(value: OptionValue, cwd: string): string | undefined {
  if (typeof value !== 'string') return undefined
  const file = resolve(cwd, value)
  try {
    appendFileSync(file, '')
    return file
  } catch (cause) {
    throw cliErrors('drill-file-unwritable', { details: { file }, cause })
  }
}
