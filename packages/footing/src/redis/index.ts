// The public list of Redis.
export type {
  HotData,
  HotReadOptions,
  ModuleRedis,
  Redis,
  RedisArgument,
  RedisPlace,
  RedisRecord,
  RedisStats,
  WhenAway,
} from './contract/contract.ts'
export { redisErrors } from './contract/errors.ts'
export { openRedis, type RedisOptions, redisChannel } from './open-redis.ts'
export { parseRedisUrl } from './redis-url.ts'
export { redis } from './use-redis.ts'
