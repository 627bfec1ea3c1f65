// What a module's manifest says when it uses Redis.
import { type Use, use } from '../module/use.ts'
import type { ModuleRedis } from './contract/contract.ts'

/** Gives the module a part of Redis below a prefix of its own: `uses: [redis()]`, then `kit.redis`. */
export function redis(): Use<'redis', ModuleRedis> {
  return use('redis', undefined)
}
