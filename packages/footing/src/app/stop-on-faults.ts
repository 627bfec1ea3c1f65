// A process whose code lost an error must end: what it holds is no longer known. It says so, drains, and ends with code 1.
import { currentContext } from '../work/call-context.ts'
import { createLog } from '../work/log.ts'
import type { RunningApp } from './create-app.ts'

/** How the end is carried out; the defaults are those of a server. */
export interface FaultOptions {
  /** Longest time in milliseconds for work under way. Default DRAIN_MS of the application. */
  readonly deadline?: number
  /** Ends the process, when everything has stopped. Default `process.exit`. */
  readonly exit?: (code: number) => void
}

/**
 * Ends the process in order after a floating rejection or an uncaught exception: one line with route, module and the
 * place in the user's code, then it drains, then exit code 1. Returns a function that takes the handlers off again.
 */
export function stopOnFaults(running: Pick<RunningApp, 'stop'>, options: FaultOptions = {}): () => void {
  const { exit = (code) => process.exit(code), deadline } = options
  let ending = false
  const handle = (kind: string) => (error: unknown) => {
    const context = currentContext()
    const log = createLog(context?.module, () => context)
    const place = placeInUserCode(error)
    log.error(
      ending ? 'another error was lost while the process ends' : 'an error was lost; the process ends',
      {
        code: 'process-fault',
        kind,
        ...(context?.origin.route === undefined ? {} : { route: context.origin.route }),
        ...(place === undefined ? {} : { at: place }),
      },
      error,
    )
    if (ending) return
    ending = true
    const end = () => exit(1)
    running.stop(deadline === undefined ? {} : { deadline }).then(end, end)
  }
  const onRejection = handle('unhandled-rejection')
  const onException = handle('uncaught-exception')
  process.on('unhandledRejection', onRejection)
  process.on('uncaughtException', onException)
  return () => {
    process.off('unhandledRejection', onRejection)
    process.off('uncaughtException', onException)
  }
}

/** `file:line:column` of the innermost frame that is neither Node's nor a package's. */
function placeInUserCode(error: unknown): string | undefined {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack.slice(0, 20_000) : ''
  for (const line of stack.split('\n')) {
    const place = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]+:\d+:\d+)\)?$/.exec(line.trim())?.[1]
    if (place === undefined || place.includes('/node_modules/') || place.startsWith('node:')) continue
    return place.replace(/^file:\/\//, '')
  }
  return undefined
}
