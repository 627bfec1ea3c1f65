// Every coded error of work on threads.
import { defineErrors } from '@footing/kernel'

/** The closed table of the cpu capability. */
export const cpuErrors = defineErrors({
  'cpu-not-a-file': {
    status: 500,
    retryable: false,
    what: 'cpu(…) was given {found} instead of the URL of a file.',
    why: 'A thread has its own memory: a function cannot take along the variables that it closes over.',
    remedy: "Export the function from a file of its own and pass new URL('./that-file.ts', import.meta.url).",
  },
  'cpu-function-missing': {
    status: 500,
    retryable: false,
    what: 'The file {file} exports no function {name}.',
    why: 'A thread finds its work by file and name.',
    remedy: 'Export the function, or correct the name.',
  },
  'cpu-pool-full': {
    status: 503,
    retryable: true,
    what: 'The threads are busy and {waiting} pieces of work wait already; try again in {retryAfterMs} ms.',
    why: 'A longer queue would only be answered after its callers have gone.',
    remedy: 'Try again later; if it lasts, do less at once or give the process more cores.',
  },
  'cpu-not-cloneable': {
    status: 500,
    retryable: false,
    what: 'The {direction} of {name} cannot be sent to a thread: {reason}',
    why: 'Threads share no memory: values are copied, and functions, sockets and the like cannot be.',
    remedy: 'Pass plain data, typed arrays, maps, sets or dates.',
  },
  'cpu-worker-lost': {
    status: 500,
    retryable: false,
    what: 'The thread that did {name} ended before it had an answer: {reason}',
    why: 'It ran out of its memory, or its code ended it. Other threads were not touched, and a new one takes its place.',
    remedy: 'Work on smaller pieces, or raise memoryMb of configureCpu(…) if the work is meant to be that large.',
  },
  'cpu-work-failed': {
    status: 500,
    retryable: false,
    what: '{name} failed on its thread.',
    why: 'Its code threw something that is not a coded error; it is the cause of this one, with the stack of the thread.',
    remedy: 'Read the cause; where the failure is expected, throw an error of a table instead.',
  },
})
