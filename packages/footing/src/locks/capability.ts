// Locks as a capability: one holder over all processes, in the database that is there or in Redis.
import { defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import { migrateOwnTables } from '../migrations/apply/migrate-own-tables.ts'
import { optionalSetting } from '../module/setting.ts'
import { textSchema } from '../module/text-schema.ts'
import { declares } from '../module/use.ts'
import { redisCapability } from '../redis/capability.ts'
import { currentContext } from '../work/call-context.ts'
import { type LockStore, lockGuarantees, type ModuleLocks } from './contract/contract.ts'
import { locksSchema, postgresqlLocks } from './drivers/postgresql.ts'
import { redisLocks } from './drivers/redis.ts'
import { moduleLocks } from './module-locks.ts'

const settings = {
  LOCKS_STORE: optionalSetting({
    schema: textSchema('postgresql or redis', (text) => (['postgresql', 'redis'].includes(text) ? text : undefined)),
    summary: 'where locks are kept: postgresql (the default), or redis, the one of REDIS_URL',
  }),
} as const

/** Locks of modules; `uses: [locks()]` gives `kit.locks`. */
export const locksCapability = defineCapability<typeof settings, LockStore>({
  name: 'locks',
  summary: 'work that one process does at a time, with a number that guards its writes',
  settings,
  guarantees: lockGuarantees,
  schema: locksSchema,
  // Fences are rows in the module's own transactions, wherever locks are kept.
  needs: ({ env }) => (env.LOCKS_STORE === 'redis' ? ['data', 'redis'] : ['data']),
  driver: ({ LOCKS_STORE }) => ({
    driver: LOCKS_STORE ?? 'postgresql',
    from: LOCKS_STORE === undefined ? undefined : 'LOCKS_STORE',
    guarantees: { fencing: true, shared: true, survivesRestart: LOCKS_STORE !== 'redis' },
  }),
  open({ LOCKS_STORE }, process) {
    const redis = LOCKS_STORE === 'redis' ? process.opened(redisCapability) : undefined
    if (redis !== undefined) return redisLocks(redis)
    const data = process.opened(dataCapability)
    // `needs` names it, so it is open.
    if (data === undefined) throw new TypeError('locks need the database of the application')
    return postgresqlLocks(data.forModule<unknown>(locksSchema))
  },
  kit(store, { manifest, process: { clock } }) {
    if (!declares(manifest, 'locks')) return {}
    if (store === undefined) return { locks: elsewhere<ModuleLocks>('locks', manifest.name) }
    return { locks: moduleLocks(manifest.name, { store, clock, callerSignal: () => currentContext()?.signal }) }
  },
  async provision(directUrl, modules) {
    if (!modules.some((module) => declares(module, 'locks'))) return
    await migrateOwnTables(directUrl, locksSchema, new URL('./migrations/', import.meta.url))
  },
})
