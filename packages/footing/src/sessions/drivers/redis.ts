// Sessions in Redis: a hash for each token that goes by itself, and a set of the digests of each user.
import type { Redis } from '../../redis/contract/contract.ts'
import type { Session, SessionStore } from '../contract/contract.ts'

// Times in milliseconds by the server's clock. Fields: i id, u user, a about, c created, s seen, e ends, r replaced.
const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function fields(key) return redis.call('HMGET', key, 'i', 'u', 'a', 'c', 's', 'e') end
`
const add = `${now}
local ends = now + ARGV[5]
redis.call('HSET', KEYS[1], 'i', ARGV[1], 'u', ARGV[2], 'a', ARGV[3], 'c', now, 's', now, 'e', ends)
redis.call('PEXPIREAT', KEYS[1], math.min(now + ARGV[4], ends))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], ends, ARGV[6])
if redis.call('PTTL', KEYS[2]) < ARGV[5] * 1 then redis.call('PEXPIREAT', KEYS[2], ends) end
return fields(KEYS[1])`
const find = `${now}
local found = redis.call('HMGET', KEYS[1], 's', 'e', 'r')
if not found[1] then return false end
if not found[3] and now - found[1] >= math.min(60000, ARGV[1] / 4) then
  redis.call('HSET', KEYS[1], 's', now)
  redis.call('PEXPIREAT', KEYS[1], math.min(now + ARGV[1], found[2]))
end
return fields(KEYS[1])`
const rotate = `${now}
local found = redis.call('HMGET', KEYS[1], 'i', 'r')
if not found[1] or found[2] then return false end
local left = redis.call('PTTL', KEYS[1])
redis.call('COPY', KEYS[1], KEYS[2])
redis.call('PEXPIRE', KEYS[2], left)
redis.call('HSET', KEYS[1], 'r', now)
redis.call('PEXPIRE', KEYS[1], math.min(left, ARGV[1]))
redis.call('ZADD', KEYS[3], redis.call('HGET', KEYS[2], 'e'), ARGV[2])
return fields(KEYS[2])`
/** Reads the owner, so that the next script can name the set of digests among its keys. */
const owner = `return redis.call('HGET', KEYS[1], 'u')`
const members = `${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1])`
const read = `${now}
local told = {}
for place = 1, #KEYS do
  local all = fields(KEYS[place])
  all[7] = redis.call('HGET', KEYS[place], 'r')
  told[place] = all
end
return told`
const end = `
local ended = 0
for place = 2, #KEYS do
  ended = ended + redis.call('DEL', KEYS[place])
  redis.call('ZREM', KEYS[1], ARGV[place - 1])
end
return ended`

type Fields = readonly (string | null)[]

/** Keeps sessions in the Redis of the application. */
export function redisSessions(redis: Pick<Redis, 'script'>): SessionStore {
  const run = (source: string, keys: readonly string[], values: readonly (string | number)[] = []) =>
    redis.script('sessions', source, keys, values)
  const byToken = (digest: string) => `token ${digest}`
  const ofUser = (user: string) => `user ${user}`
  // The scripts above answer in no other form.
  const sessionFrom = (answer: unknown) => sessionOf(answer as Fields | null)
  const ownerOf = async (digest: string) => (await run(owner, [byToken(digest)])) as string | null

  /** All tokens of somebody that live, with their sessions; those that went on under another one are marked. */
  async function tokensOf(user: string, most: number) {
    const digests = (await run(members, [ofUser(user)], [most - 1])) as readonly string[]
    if (digests.length === 0) return []
    const told = (await run(read, digests.map(byToken))) as readonly Fields[]
    return digests.flatMap((digest, index) => {
      const session = sessionOf(told[index] ?? null)
      return session === undefined ? [] : [{ digest, session, replaced: told[index]?.[6] != null }]
    })
  }
  async function endTokens(user: string, digests: readonly string[]): Promise<void> {
    if (digests.length > 0) await run(end, [ofUser(user), ...digests.map(byToken)], digests)
  }

  return {
    name: 'redis',
    async add({ digest, id, user, about, idleMs, absoluteMs }) {
      const values = [id, user, about, idleMs, absoluteMs, digest]
      return sessionFrom(await run(add, [byToken(digest), ofUser(user)], values)) as Session // it was just written
    },
    find: async (digest, idleMs) => sessionFrom(await run(find, [byToken(digest)], [idleMs])),
    async rotate(digest, next, graceMs) {
      const user = await ownerOf(digest)
      if (user === null) return undefined
      return sessionFrom(await run(rotate, [byToken(digest), byToken(next), ofUser(user)], [graceMs, next]))
    },
    async end(digest) {
      const user = await ownerOf(digest)
      if (user === null) return
      const tokens = await tokensOf(user, mostTokens)
      const id = tokens.find((one) => one.digest === digest)?.session.id
      await endTokens(
        user,
        tokens.filter(({ session }) => session.id === id).map((one) => one.digest),
      )
    },
    async list(user) {
      const tokens = await tokensOf(user, mostTokens)
      return tokens
        .filter(({ replaced }) => !replaced)
        .map(({ session }) => session)
        .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
        .slice(0, 1000)
    },
    async endOf(user, ids, except) {
      const tokens = await tokensOf(user, mostTokens)
      const kept = tokens.find(({ digest }) => digest === except)?.session.id
      const gone = tokens.filter(({ session: { id } }) => id !== kept && (ids === undefined || ids.includes(id)))
      await endTokens(
        user,
        gone.map(({ digest }) => digest),
      )
      return new Set(gone.map(({ session }) => session.id)).size
    },
  }
}

/** More tokens than this of one user are not looked at; the oldest ones end by themselves. */
const mostTokens = 5000

function sessionOf(fields: Fields | null): Session | undefined {
  const [id, user, about, created, seen, ends] = fields ?? []
  if (!id || !user) return undefined
  const at = (text: string | null | undefined) => new Date(Number(text))
  return { id, user, about: about ?? '', createdAt: at(created), seenAt: at(seen), endsAt: at(ends) }
}
