// Commands that a module may send: those of one key that answer at once and leave the shared connection as it is.

const names = [
  'get set getex getdel getset append strlen getrange setrange incr incrby incrbyfloat decr decrby',
  'del unlink exists expire pexpire expireat pexpireat persist ttl pttl type',
  'hget hset hsetnx hmget hgetall hdel hincrby hincrbyfloat hlen hexists hkeys hvals',
  'sadd srem smembers sismember smismember scard spop srandmember',
  'zadd zrem zrange zrangebyscore zrevrange zremrangebyscore zremrangebyrank zscore zcard zcount zincrby zrank zpopmin zpopmax',
  'lpush rpush lpop rpop lrange llen ltrim lindex',
  'xadd xlen xrange xrevrange xtrim xdel pfadd pfcount getbit setbit bitcount',
]

/** Names in small letters. */
export const moduleCommands: ReadonlySet<string> = new Set(names.flatMap((line) => line.split(' ')))
