// The database of a module that lives elsewhere: made with the module, refused when it is used.
import type { Database } from './contract/contract.ts'
import { dataErrors } from './contract/errors.ts'

/** A database that refuses when it is used, not when it is asked for: the set-up of a module hands it on. */
export function edgeDatabase<Tables>(module: string): Database<Tables> {
  const refuse = () => {
    throw dataErrors('database-elsewhere', { details: { module } })
  }
  return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse }) as Database<Tables> // nothing of it can be used
}
