// Sessions as a capability: kept outside of every process, in the database that is there or in Redis.
import { defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import { migrateOwnTables } from '../migrations/apply/migrate-own-tables.ts'
import { optionalSetting } from '../module/setting.ts'
import { textSchema } from '../module/text-schema.ts'
import { declaredBy, declares } from '../module/use.ts'
import { redisCapability } from '../redis/capability.ts'
import { repeat } from '../work/repeat.ts'
import { type ModuleSessions, type SessionStore, sessionGuarantees } from './contract/contract.ts'
import { postgresqlSessions, sessionsSchema } from './drivers/postgresql.ts'
import { redisSessions } from './drivers/redis.ts'
import { moduleSessions } from './module-sessions.ts'
import { personalSessions } from './personal-sessions.ts'
import type { DeclaredSessions } from './use-sessions.ts'

const settings = {
  SESSIONS_STORE: optionalSetting({
    schema: textSchema('postgresql or redis', (text) => (['postgresql', 'redis'].includes(text) ? text : undefined)),
    summary: 'where sessions are kept: postgresql (the default), or redis, the one of REDIS_URL',
  }),
} as const

const sweepEveryMs = 60_000

interface OpenSessions {
  readonly store: SessionStore
  stopSweeping(): void
}

/** Sessions of modules; `uses: [sessions()]` gives `kit.sessions`. */
export const sessionsCapability = defineCapability<typeof settings, OpenSessions>({
  name: 'sessions',
  summary: 'who is signed in, known to every process and ended everywhere at once',
  settings,
  guarantees: sessionGuarantees,
  schema: sessionsSchema,
  needs: ({ env }) => [env.SESSIONS_STORE === 'redis' ? 'redis' : 'data'],
  driver: ({ SESSIONS_STORE }) => ({
    driver: SESSIONS_STORE ?? 'postgresql',
    from: SESSIONS_STORE === undefined ? undefined : 'SESSIONS_STORE',
    guarantees: { durable: SESSIONS_STORE !== 'redis', shared: true, revokedAtOnce: true, hashedAtRest: true },
  }),
  open({ SESSIONS_STORE }, process) {
    const redis = SESSIONS_STORE === 'redis' ? process.opened(redisCapability) : undefined
    if (redis !== undefined) return { store: redisSessions(redis), stopSweeping: () => undefined }
    const database = process.opened(dataCapability)?.forModule<unknown>(sessionsSchema)
    // `needs` names it, so it is open.
    if (database === undefined) throw new TypeError('sessions need the database of the application')
    const store = postgresqlSessions(database)
    return { store, stopSweeping: repeat(process.clock, sweepEveryMs, async () => store.sweep?.()) }
  },
  kit(open, { manifest, process: { clock } }) {
    const declared = declaredBy<DeclaredSessions>(manifest, 'sessions')
    if (declared === undefined) return {}
    if (open === undefined) return { sessions: elsewhere<ModuleSessions>('sessions', manifest.name) }
    return { sessions: moduleSessions(open.store, declared, clock) }
  },
  async provision(directUrl, modules) {
    if (!modules.some((module) => declares(module, 'sessions'))) return
    await migrateOwnTables(directUrl, sessionsSchema, new URL('./migrations/', import.meta.url))
  },
  personal: ({ store }) => [personalSessions(store)],
  close: ({ stopSweeping }) => stopSweeping(),
})
