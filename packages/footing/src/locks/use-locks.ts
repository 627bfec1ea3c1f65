// What a module's manifest says when it takes locks.
import { type Use, use } from '../module/use.ts'
import type { ModuleLocks } from './contract/contract.ts'

/** Gives the module locks that hold over all processes: `uses: [locks()]`, then `kit.locks`. */
export function locks(): Use<'locks', ModuleLocks> {
  return use('locks', undefined)
}
