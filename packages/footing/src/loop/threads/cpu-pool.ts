// The threads of the process: made when first needed, bounded in number, queue and memory, ended with the application.
import { availableParallelism } from 'node:os'
import type { Transferable } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { cpuErrors } from './errors.ts'
import type { Task, TaskResult } from './task.ts'

/** How the threads are bounded. */
export interface CpuOptions {
  /** Most threads; default one less than the cores, at least one: a core is left for the event loop. */
  readonly threads?: number
  /** Most pieces of work that wait; default 1000. */
  readonly queue?: number
  /** Memory of one thread in megabytes; default 512. */
  readonly memoryMb?: number
}

/** State of the threads. */
export interface CpuState {
  readonly threads: number
  readonly waiting: number
  readonly done: number
  /** Share of the threads' time that they worked, 0 to 1. */
  readonly utilisation: number
}

/** A thread that has nothing to do ends after this long. */
const idleMs = 30_000
/** Assumed for the advice to a refused caller until something has been measured. */
const unmeasuredMs = 100

let options: CpuOptions = {}
let opening: Promise<Piscina<Task, TaskResult>> | undefined
let pool: Piscina<Task, TaskResult> | undefined

/** Bounds the threads of this process otherwise; to be called before the first work. */
export function configureCpu(chosen: CpuOptions): void {
  options = chosen
}

/** State of the threads; undefined before the first work. */
export function cpuState(): CpuState | undefined {
  if (pool === undefined) return undefined
  const { threads, queueSize, completed, utilization } = pool
  return { threads: threads.length, waiting: queueSize, done: completed, utilisation: utilization }
}

/**
 * Runs a task on a thread.
 * @throws `cpu-pool-full`, and whatever the pool rejects with
 */
export async function runOnThread(
  task: Task,
  signal: AbortSignal,
  transfer: readonly Transferable[],
): Promise<TaskResult> {
  opening ??= openPool()
  const threads = await opening
  if (threads.queueSize >= threads.options.maxQueue) throw full(threads)
  // The list is not changed; the library's type lacks the word for it.
  return threads.run(task, { signal, transferList: transfer as Transferable[] })
}

/** Lets running and waiting work end for at most `ms`, then ends the threads. Work after that opens new ones. */
export async function closeCpu(ms = 10_000): Promise<void> {
  const closing = opening
  opening = undefined
  pool = undefined
  const threads = await closing
  if (threads === undefined) return
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const limit = setTimeout(() => resolve('late'), ms)
  const ended = await Promise.race([threads.close(), late])
  clearTimeout(limit)
  if (ended === 'late') await threads.destroy()
}

async function openPool(): Promise<Piscina<Task, TaskResult>> {
  const { Piscina } = await import('piscina')
  const file = import.meta.url.endsWith('.ts') ? './cpu-worker.ts' : './cpu-worker.js'
  pool = new Piscina<Task, TaskResult>({
    filename: new URL(file, import.meta.url).href,
    minThreads: 1,
    maxThreads: options.threads ?? Math.max(1, availableParallelism() - 1),
    maxQueue: options.queue ?? 1000,
    idleTimeout: idleMs,
    // One piece of work for each thread: ending a thread ends nobody else's.
    concurrentTasksPerWorker: 1,
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMb ?? 512 },
  })
  return pool
}

function full(threads: Piscina): Error {
  const mean = threads.completed > 0 ? threads.histogram.runTime.mean : unmeasuredMs
  const retryAfterMs = Math.max(1, Math.ceil((threads.queueSize * mean) / threads.maxThreads))
  return cpuErrors('cpu-pool-full', { details: { waiting: threads.queueSize, retryAfterMs } })
}
