// Lines on their way out of the process: gathered for a moment and written together, and never lost by an orderly end.
import { pino } from 'pino'

/** Where whole lines go. */
export interface LineOutput {
  write(line: string): void
  /** Writes what is still there. */
  close(): void
}

/** Longest time that a line waits for others, in milliseconds. */
const longestWaitMs = 50
/** Characters from which on they are written at once. A write goes over another thread, which costs as much as some 20 lines. */
const enough = 16_384

/**
 * Lines for a file descriptor. One write for many lines costs a request next to nothing, one for each a tenth of its time. The
 * end of the process writes the rest: `process.exit`, an error that nobody caught and an empty loop, but no `SIGKILL`.
 */
export function outside(fd: number): LineOutput {
  const destination = pino.destination({ fd, sync: false })
  let gathered = ''
  let timer: NodeJS.Timeout | undefined
  const pass = () => {
    clearTimeout(timer)
    timer = undefined
    if (gathered !== '') destination.write(gathered)
    gathered = ''
  }
  const close = () => {
    process.off('beforeExit', pass)
    process.off('exit', close)
    pass()
    destination.flushSync()
  }
  // In front of pino's own listeners, which end the destination.
  process.prependListener('beforeExit', pass)
  process.prependListener('exit', close)
  return {
    write: (line) => {
      gathered += line
      if (gathered.length >= enough) pass()
      else timer ??= setTimeout(pass, longestWaitMs).unref()
    },
    close,
  }
}
