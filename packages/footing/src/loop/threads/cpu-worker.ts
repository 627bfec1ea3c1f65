// Runs in every thread of the pool: finds the function by file and name, and packs what it throws.
import { isFootingError } from '@footing/kernel'
import type { PackedError, Task, TaskResult } from './task.ts'

/** What the pool calls for each piece of work. */
export default async function runTask({ url, name, args }: Task): Promise<TaskResult> {
  try {
    const module: Readonly<Record<string, unknown>> = await import(url)
    const work = Object.hasOwn(module, name) ? module[name] : undefined
    if (typeof work !== 'function') return { missing: true }
    return { value: await work(...args) }
  } catch (error) {
    return { error: pack(error) }
  }
}

function pack(error: unknown): PackedError {
  if (!(error instanceof Error)) return { message: String(error), name: 'Error' }
  const { name, message, stack } = error
  return {
    name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...(isFootingError(error) ? { coded: error.toJSON() } : {}),
  }
}
