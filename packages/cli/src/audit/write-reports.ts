// Writes the reports of a result where they were asked for.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { AuditResult } from '@footing/audit'
import type { CommandContext } from '../command/command.ts'
import type { AuditRequest } from './request.ts'

type Auditor = typeof import('@footing/audit')

/** Writes every report: files first, so that a closed pipe on stdout loses none of them. */
export function writeReports(
  result: AuditResult,
  { outputs }: AuditRequest,
  context: CommandContext,
  auditor: Auditor,
): void {
  const { terminal, cwd, env } = context
  const command = commandOf(context)
  const files = outputs.filter(({ file }) => file !== undefined)
  for (const { format, file } of files) {
    if (file === undefined) continue
    const text = auditor.reporters[format](result, { ...auditor.PLAIN, verbose: true, command })
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    } catch (cause) {
      throw auditor.auditErrors('audit-option-wrong', {
        details: {
          problem: `The report ${relative(cwd, file)} could not be written.`,
          remedy: 'Give a file in a folder that you may write to.',
        },
        cause,
      })
    }
    terminal.note(`${format} report: ${relative(cwd, file) || file}`)
  }
  for (const { format } of outputs.filter(({ file }) => file === undefined)) {
    const color = format === 'terminal' && terminal.style('x', 'red') !== 'x'
    const { width, unicode, verbose } = terminal
    terminal.raw(auditor.reporters[format](result, { ...auditor.PLAIN, width, unicode, verbose, color, command }))
  }
  const summary = env.GITHUB_STEP_SUMMARY
  if (summary !== undefined && summary !== '' && outputs.some(({ format }) => format === 'github')) {
    appendFileSync(summary, auditor.githubSummary(result, auditor.PLAIN))
  }
}

/** The command without what says where reports go: how to get the same result again. */
function commandOf({ args, options }: CommandContext): string {
  const flags = ['only', 'minConfidence', 'config', 'baseline'].flatMap((name) => {
    const value = options[name]
    if (value === undefined || value === false || value === '' || value === 'probable') return []
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    return [flag, ...(value === true ? [] : [Array.isArray(value) ? value.join(',') : String(value)])]
  })
  const path = typeof args.path === 'string' ? [args.path] : []
  return ['footing audit', ...path, ...(options.history === false ? ['--no-history'] : []), ...flags].join(' ')
}
