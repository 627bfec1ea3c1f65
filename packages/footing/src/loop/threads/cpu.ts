// Work that computes instead of waiting: on a thread, typed like the file that it stands in.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Transferable } from 'node:worker_threads'
import { FootingError, isFootingError } from '@footing/kernel'
import { currentContext } from '../../work/call-context.ts'
import { type Duration, milliseconds } from '../../work/duration.ts'
import { workErrors } from '../../work/errors.ts'
import { runOnThread } from './cpu-pool.ts'
import { cpuErrors } from './errors.ts'
import type { PackedError, TaskResult } from './task.ts'

/** The functions of a file as they are called from outside: asynchronous. */
export type OnThread<Module> = {
  readonly [Name in keyof Module as Module[Name] extends (...args: never) => unknown
    ? Name
    : never]: Module[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never
}

/** How one piece of work is done. */
export interface CpuCallOptions {
  /** Default 30 s; the deadline of the context wins when it is nearer. The thread is ended then, whatever it does. */
  readonly deadline?: Duration
  readonly signal?: AbortSignal
  /** Buffers that are handed over instead of copied; the caller cannot use them afterwards. */
  readonly transfer?: readonly Transferable[]
}

/** The functions of a file, and the same with other options. */
export type CpuModule<Module> = OnThread<Module> & {
  /** `work.with({ transfer: [bytes.buffer] }).hash(bytes)` */
  with(options: CpuCallOptions): OnThread<Module>
}

const defaultDeadline = '30s'

/**
 * The functions that a file exports, run on threads: `const work = cpu<typeof import('./hash.ts')>(new URL('./hash.ts',
 * import.meta.url))`, then `await work.hash(text)`. Nothing is loaded or started before the first call.
 * @throws `cpu-not-a-file`; calls reject with `cpu-pool-full`, `deadline-exceeded`, `cancelled`, `cpu-worker-lost`,
 * `cpu-not-cloneable`, `cpu-function-missing`, and with the errors of the function itself
 */
export function cpu<Module extends object>(file: URL): CpuModule<Module> {
  // Callers without types exist; a function is what they try first.
  const given: unknown = file
  if (!(given instanceof URL) || given.protocol !== 'file:') {
    const found = given instanceof URL ? `an address of ${given.protocol}` : `a ${typeof given}`
    throw cpuErrors('cpu-not-a-file', { details: { found } })
  }
  const withOptions = (options: CpuCallOptions) => functionsOf<Module>(file, options)
  return functionsOf<Module>(file, {}, withOptions)
}

function functionsOf<Module>(
  file: URL,
  options: CpuCallOptions,
  withOptions?: (options: CpuCallOptions) => OnThread<Module>,
): CpuModule<Module> {
  const made = new Map<string, (...args: unknown[]) => Promise<unknown>>()
  // What the file exports is known to its threads only; the type says it here.
  return new Proxy(Object.create(null), {
    get: (_target, name) => {
      if (name === 'with') return withOptions
      // Whoever awaits the object itself must not get a call.
      if (typeof name === 'symbol' || name === 'then') return undefined
      const known = made.get(name) ?? ((...args: unknown[]) => run(file, name, args, options))
      made.set(name, known)
      return known
    },
  })
}

async function run(file: URL, name: string, args: readonly unknown[], options: CpuCallOptions): Promise<unknown> {
  const context = currentContext()
  if (context?.reason !== undefined) throw context.reason
  const deadlineMs = milliseconds(options.deadline ?? defaultDeadline)
  const expiry = new AbortController()
  const timer = setTimeout(() => {
    expiry.abort(workErrors('deadline-exceeded', { details: { operation: name, ms: deadlineMs } }))
  }, deadlineMs)
  timer.unref()
  const given = [expiry.signal, context?.signal, options.signal].filter((signal) => signal !== undefined)
  const signal = AbortSignal.any(given)
  try {
    if (signal.aborted) throw signal.reason
    const result = await runOnThread({ url: builtFile(file).href, name, args }, signal, options.transfer ?? [])
    return unpack(result, name, file)
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal, name)
    throw translate(error, name)
  } finally {
    clearTimeout(timer)
  }
}

/** What was compiled lies beside with the ending .js, while the URL in the code still says .ts. */
function builtFile(file: URL): URL {
  if (!file.pathname.endsWith('.ts') || existsSync(file)) return file
  const built = new URL(file.href.replace(/\.ts$/, '.js'))
  return existsSync(built) ? built : file
}

function unpack(result: TaskResult, name: string, file: URL): unknown {
  if ('value' in result) return result.value
  if ('missing' in result) {
    throw cpuErrors('cpu-function-missing', { details: { file: fileURLToPath(file), name } })
  }
  throw errorOf(result.error, name)
}

function errorOf(packed: PackedError, name: string): Error {
  const coded = FootingError.fromJSON(packed.coded)
  if (coded !== undefined) return withStack(coded, packed)
  // The code of a system error is a part of what it says.
  const cause = Object.assign(new Error(packed.message), packed.code === undefined ? {} : { code: packed.code })
  cause.name = packed.name
  return cpuErrors('cpu-work-failed', { details: { name }, cause: withStack(cause, packed) })
}

function withStack(error: Error, { stack }: PackedError): Error {
  if (stack !== undefined) error.stack = stack
  return error
}

function reasonOf(signal: AbortSignal, name: string): unknown {
  if (isFootingError(signal.reason)) return signal.reason
  return workErrors('cancelled', { details: { operation: name }, cause: signal.reason })
}

function translate(error: unknown, name: string): unknown {
  if (isFootingError(error) || !(error instanceof Error)) return error
  // Of an error that a thread's own answer caused, only the stack is sure to arrive whole.
  const stack = error.stack ?? ''
  const reason = error.message || (stack.split('\n', 1)[0] ?? '')
  if (error.name === 'DataCloneError' || stack.includes('could not be cloned')) {
    const direction = stack.includes('runOnThread') ? 'input' : 'answer'
    return cpuErrors('cpu-not-cloneable', { details: { direction, name, reason }, cause: error })
  }
  if (/queue/i.test(reason)) return cpuErrors('cpu-pool-full', { details: { waiting: 'too many', retryAfterMs: 1000 } })
  return cpuErrors('cpu-worker-lost', { details: { name, reason }, cause: error })
}
