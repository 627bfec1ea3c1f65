// Redis as a capability: one server, a cluster or sentinels, reached only where REDIS_URL is set.
import { defineCapability } from '../capability/capability.ts'
import { setting } from '../module/setting.ts'
import { textSchema, wholeNumber } from '../module/text-schema.ts'
import { declares } from '../module/use.ts'
import type { Redis } from './contract/contract.ts'
import { parseRedisUrl } from './redis-url.ts'

const settings = {
  REDIS_URL: setting({
    schema: textSchema('redis://, rediss://, unix://, redis+cluster:// or redis+sentinel://', readableRedisUrl),
    secret: true,
    summary: 'Redis for hot data: one server, a cluster, or a primary watched by sentinels',
  }),
  REDIS_TIMEOUT_MS: setting({
    schema: wholeNumber(1, 60_000),
    default: 250,
    summary: 'longest time for one command of Redis, in milliseconds',
  }),
} as const

/** Redis for hot data; `uses: [redis()]` gives `kit.redis`. */
export const redisCapability = defineCapability<typeof settings, Redis>({
  name: 'redis',
  summary: 'hot data that may be lost, read in well under a millisecond',
  settings,
  guarantees: ['shared'],
  driver: ({ REDIS_URL }) => ({
    driver: REDIS_URL.split('://')[0] ?? 'redis',
    from: 'REDIS_URL',
    guarantees: { shared: true },
  }),
  async open({ REDIS_URL, REDIS_TIMEOUT_MS }, { app, clock }) {
    const { openRedis } = await import('./open-redis.ts')
    return openRedis({ url: REDIS_URL, application: app.name, timeoutMs: REDIS_TIMEOUT_MS, clock })
  },
  kit: (redis, { manifest }) =>
    redis !== undefined && declares(manifest, 'redis') ? { redis: redis.forModule(manifest.name) } : {},
  health: (redis) => redis.health(),
  close: (redis) => redis.close(),
})

function readableRedisUrl(text: string): string | undefined {
  try {
    parseRedisUrl(text)
    return text
  } catch {
    return undefined
  }
}
