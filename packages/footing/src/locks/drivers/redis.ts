// Locks in Redis: a key that goes by itself, and the last token beside it.
import type { Redis } from '../../redis/contract/contract.ts'
import type { LockStore } from '../contract/contract.ts'

// The token is the server's time in microseconds, or one more than the last: also a server that has lost everything goes on
// with larger ones.
const acquire = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local token = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
redis.call('SET', KEYS[2], token)
return token`

const extend = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`

const release = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

/** Keeps locks in the Redis of the application. */
export function redisLocks(redis: Pick<Redis, 'script'>): LockStore {
  return {
    name: 'redis',
    async acquire(key, holder, ttlMs) {
      const token = await redis.script('locks', acquire, [key, `${key} token`], [holder, ttlMs])
      return typeof token === 'string' ? Number(token) : undefined
    },
    extend: async (key, holder, ttlMs) => (await redis.script('locks', extend, [key], [holder, ttlMs])) === 1,
    async release(key, holder) {
      await redis.script('locks', release, [key], [holder])
    },
  }
}
