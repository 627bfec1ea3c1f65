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
/** Characters from which on they are written at once. */
const enough = 8_192

/**
 * Lines for a file descriptor. One write for many lines costs a request next to nothing, one for each a tenth of its time. The
 * end of the process writes the rest: `process.exit`, an error that nobody caught and an empty loop, but no `SIGKILL`.
 */
export function outside(fd: number): LineOutput {
  const destination = pino.destination({ fd, sync: false, minLength: enough })
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    timer = undefined
    destination.flush()
  }
  return {
    write: (line) => {
      destination.write(line)
      timer ??= setTimeout(flush, longestWaitMs).unref()
    },
    close: () => {
      clearTimeout(timer)
      timer = undefined
      destination.flushSync()
    },
  }
}
