// footing check --watch: checks on every save and prints what is new and what is gone.
import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { AuditResult, Finding } from '@footing/audit'
import { isFootingError } from '@footing/kernel'
import { type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { readFault, renderFault } from '../command/fault.ts'
import { type CheckRun, checkOnce } from './check-once.ts'
import { type CheckRequest, readCheckRequest } from './request.ts'
import { writeCheck } from './write-check.ts'

type Auditor = typeof import('@footing/audit')

/** Editors write a file in several steps: a pause this long, in milliseconds, ends a save. */
const QUIET = 60
const INTERESTING = /\.(?:[mc]?[jt]sx?|json|ya?ml|vue|svelte)$|(?:^|\/)\.gitignore$/

/** Checks until Ctrl-C. The exit code is 0: somebody has been watching. */
export async function watchCheck(request: CheckRequest, context: CommandContext, auditor: Auditor): Promise<ExitCode> {
  const { terminal, signal } = context
  const saves = watchSaves(request, auditor)
  try {
    let before = await tellFirst(request, context, auditor)
    terminal.note(terminal.noteStyle('Watching. Ctrl-C ends it.', 'dim'))
    while (!signal.aborted) {
      await saves.next(signal)
      if (signal.aborted) break
      before = await tellChange(before, context, auditor)
      saves.refresh()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    saves.close()
  }
  return exit.ok
}

async function tellFirst(request: CheckRequest, context: CommandContext, auditor: Auditor): Promise<AuditResult> {
  const { result, milliseconds } = await checkOnce(request, context, auditor)
  writeCheck(result, milliseconds, request, context, auditor)
  return result
}

/** Runs again and prints the difference; a fault of the project (a broken configuration) is told and waited out. */
async function tellChange(before: AuditResult, context: CommandContext, auditor: Auditor): Promise<AuditResult> {
  const { terminal } = context
  let run: CheckRun
  try {
    // The configuration may be what was saved.
    run = await checkOnce(await readCheckRequest(context, auditor), context, auditor)
  } catch (error) {
    const fault = isFootingError(error) ? readFault(error) : undefined
    if (fault === undefined) throw error
    for (const line of renderFault(fault, terminal.noteStyle)) terminal.fault(line)
    return before
  }
  const fresh = missing(run.result.findings, before.findings)
  const gone = missing(before.findings, run.result.findings)
  const color = terminal.style('x', 'red') !== 'x'
  for (const finding of gone) terminal.out(`${terminal.style('-', 'green')} ${auditor.checkLine(finding, { color })}`)
  for (const finding of fresh) terminal.out(`${terminal.style('+', 'red')} ${auditor.checkLine(finding, { color })}`)
  terminal.out(terminal.style(summary(run, fresh.length, gone.length), 'dim'))
  return run.result
}

/** Findings of the one that the other does not have. */
function missing(these: readonly Finding[], others: readonly Finding[]): Finding[] {
  const known = new Set(others.map(({ fingerprint }) => fingerprint))
  return these.filter(({ fingerprint }) => !known.has(fingerprint))
}

function summary({ result, milliseconds }: CheckRun, fresh: number, gone: number): string {
  const { length } = result.findings
  const state = length === 0 ? 'boundaries hold' : `${length} ${length === 1 ? 'finding' : 'findings'}`
  const change = fresh + gone === 0 ? 'nothing changed' : `${fresh} new, ${gone} gone`
  return `${state}: ${change}, ${(milliseconds / 1000).toFixed(2)} s`
}

interface Saves {
  /** Settles after the next save, or when stopped. One that came while nobody waited counts. */
  next(signal: AbortSignal): Promise<void>
  /** Watches new folders and lets go of those that are gone. */
  refresh(): void
  close(): void
}

/** One watcher a folder: a recursive one would walk through node_modules. */
function watchSaves({ options }: CheckRequest, auditor: Auditor): Saves {
  const watchers = new Map<string, FSWatcher>()
  let saved = false
  let timer: NodeJS.Timeout | undefined
  let wake = () => {}
  const onChange = (name: string | null): void => {
    if (name?.includes('.') === true && !INTERESTING.test(name)) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      saved = true
      wake()
    }, QUIET)
  }
  const refresh = (): void => {
    const folders = new Set(auditor.watchedFolders(options.root, options.settings?.exclude ?? []))
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue
      watcher.close()
      watchers.delete(folder)
    }
    for (const folder of folders) {
      if (watchers.has(folder)) continue
      try {
        const watcher = watch(join(options.root, folder), (_, name) => onChange(name))
        // A folder that goes away takes its watcher along; the next check sees what became of its files.
        watcher.on('error', () => watchers.delete(folder))
        watchers.set(folder, watcher)
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException // What fs.watch throws.
        if (code === 'ENOENT') continue
        throw auditor.auditErrors('audit-option-wrong', {
          details: {
            problem: `The folder ${folder || '.'} cannot be watched: ${message}`,
            remedy: 'Check without --watch, or let the system watch more folders (fs.inotify.max_user_watches).',
          },
          cause,
        })
      }
    }
  }
  refresh()
  return {
    refresh,
    async next(signal) {
      await setImmediate()
      if (!saved && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      saved = false
    },
    close() {
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}
