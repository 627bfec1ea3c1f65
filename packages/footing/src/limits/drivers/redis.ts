// Attempts in Redis: one key that says when all of its attempts are free again, by the server's clock, in one script.
import type { Redis } from '../../redis/contract/contract.ts'
import type { Attempt, LimitStore, Outcome } from '../contract/contract.ts'

// Milliseconds with a fraction; a key goes by itself when all of its attempts are free.
const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local remaining, free = {}, {}
for place = 1, #KEYS do
  local burst, every = tonumber(ARGV[place * 2 - 1]), tonumber(ARGV[place * 2])
  free[place] = math.max(tonumber(redis.call('GET', KEYS[place]) or '0'), now)
  local wait = free[place] - now + every * (1 - burst)
  if wait > 0.0005 then return { place, tostring(wait) } end
  remaining[place] = math.floor((burst * every - every - (free[place] - now)) / every + 0.000001)
end
for place = 1, #KEYS do
  local at = free[place] + tonumber(ARGV[place * 2])
  redis.call('SET', KEYS[place], string.format('%.3f', at), 'PX', math.ceil(at - now) + 1000)
end
return { 0, remaining }`

const giveBack = `
for place = 1, #KEYS do
  local free = redis.call('GET', KEYS[place])
  if free then
    redis.call('SET', KEYS[place], string.format('%.3f', tonumber(free) - tonumber(ARGV[place])), 'KEEPTTL')
  end
end
return 0`

/** Counts in the Redis of the application. */
export function redisLimits(redis: Pick<Redis, 'script'>): LimitStore {
  const keysOf = (attempts: readonly Attempt[]) => attempts.map(({ key }) => key)
  return {
    name: 'redis',
    async take(attempts): Promise<Outcome> {
      const numbers = attempts.flatMap(({ burst, everyMs }) => [burst, everyMs])
      const answer = await redis.script('limits', take, keysOf(attempts), numbers)
      // The script above answers in no other form.
      const [refused, told] = answer as readonly [number, string | number[]]
      return Array.isArray(told) ? { remaining: told } : { refused: refused - 1, retryAfterMs: Math.ceil(Number(told)) }
    },
    async giveBack(attempts) {
      const every = attempts.map(({ everyMs }) => everyMs)
      await redis.script('limits', giveBack, keysOf(attempts), every)
    },
  }
}
