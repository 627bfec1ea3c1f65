// The handle of a module that lives in another process: handed on by its set-up, refused when it is called.
import { capabilityErrors } from './errors.ts'

/**
 * A handle whose every function, however deep, throws `capability-elsewhere` when it is called: a module that is made here
 * for its routes only may hand it on.
 */
export function elsewhere<Handle extends object>(capability: string, module: string): Handle {
  const refuse = () => {
    throw capabilityErrors('capability-elsewhere', { details: { capability, module } })
  }
  // Without `then`, so that a set-up may return it from an async function.
  const handle: object = new Proxy(refuse, { get: (_target, key) => (key === 'then' ? undefined : handle) })
  return handle as Handle // nothing of it can be used but by a call, which refuses
}
