// The settings that every application has.
import { optionalSetting, setting } from '../module/setting.ts'
import { parseRedisUrl } from '../redis/redis-url.ts'
import { anyText, oneOf, textSchema, urlsWith, urlWith, wholeNumber, yesOrNo } from './text-schema.ts'

/** Where it listens, what part of the work it does, and how it stops. */
export const baseSettings = {
  HOST: optionalSetting({ schema: anyText(), summary: 'address to listen on; loopback, in production all' }),
  PORT: setting({ schema: wholeNumber(0, 65_535), default: 3000, summary: 'port to listen on; 0 takes a free one' }),
  ROLE: setting({ schema: oneOf(['web', 'worker', 'all']), default: 'all', summary: 'which work this process does' }),
  TRUST_PROXY: setting({
    schema: yesOrNo(),
    default: false,
    summary: 'true when a proxy in front sets X-Forwarded-For and strangers cannot reach this port',
  }),
  METRICS_TOKEN: optionalSetting({
    schema: textSchema('at least 16 characters', (text) => (text.length >= 16 ? text : undefined)),
    secret: true,
    summary: 'bearer token that /metrics asks for; without it production does not serve /metrics',
  }),
  EVENT_LOOP_GUARD: optionalSetting({
    schema: oneOf(['name', 'measure', 'off']),
    summary: 'whether stalls of the event loop are named, only measured, or neither; name, in tests off',
  }),
  DRAIN_DELAY_MS: optionalSetting({
    schema: wholeNumber(0, 120_000),
    summary: 'milliseconds between saying "not ready" and closing the door; 100, in production 3000',
  }),
  DRAIN_MS: setting({
    schema: wholeNumber(0, 600_000),
    default: 10_000,
    summary: 'milliseconds that running requests get to end once the process is told to stop',
  }),
} as const

/** The settings of a Redis; without REDIS_URL there is none. */
export const redisSettings = {
  REDIS_URL: optionalSetting({
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

function readableRedisUrl(text: string): string | undefined {
  try {
    parseRedisUrl(text)
    return text
  } catch {
    return undefined
  }
}

/** The settings of an application that has tables. */
export const databaseSettings = {
  DATABASE_URL: setting({
    schema: urlWith('postgres', 'postgresql'),
    secret: true,
    summary: 'where the database is: PgBouncer in transaction mode, or PostgreSQL itself',
  }),
  DATABASE_POOL_SIZE: setting({
    schema: wholeNumber(1, 1000),
    default: 10,
    summary: 'most connections of this process',
  }),
  DATABASE_PREPARED_STATEMENTS: setting({
    schema: wholeNumber(0, 10_000),
    default: 100,
    summary: 'most statements that one connection keeps prepared, where the pooler allows it; 0 for none',
  }),
  DATABASE_REHEARSAL: optionalSetting({
    schema: yesOrNo(),
    summary: 'true gives each statement another connection, as a pooler does; the default in development',
  }),
  DATABASE_REPLICA_URLS: optionalSetting({
    schema: urlsWith('postgres', 'postgresql'),
    secret: true,
    summary: 'streaming replicas, separated by commas; reads that allow it go there',
  }),
  DATABASE_PROCESSES: setting({
    schema: wholeNumber(1, 10_000),
    default: 1,
    summary: 'processes of this application that share the database; start-up says when they cannot fit',
  }),
} as const
