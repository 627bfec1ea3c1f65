// Limits as a capability: attempts that all processes count together, in the database that is there or in Redis.
import { defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import { migrateOwnTables } from '../migrations/apply/migrate-own-tables.ts'
import { optionalSetting } from '../module/setting.ts'
import { textSchema } from '../module/text-schema.ts'
import { declaredBy, declares } from '../module/use.ts'
import { redisCapability } from '../redis/capability.ts'
import { repeat } from '../work/repeat.ts'
import { type LimitStore, limitGuarantees, type ModuleLimits } from './contract/contract.ts'
import { inProcessLimits } from './drivers/in-process.ts'
import { limitsSchema, postgresqlLimits, sweepLimits } from './drivers/postgresql.ts'
import { redisLimits } from './drivers/redis.ts'
import { moduleLimits } from './module-limits.ts'
import type { DeclaredLimits } from './use-limits.ts'

const settings = {
  LIMITS_STORE: optionalSetting({
    schema: textSchema('postgresql or redis', (text) => (['postgresql', 'redis'].includes(text) ? text : undefined)),
    summary: 'where attempts are counted: postgresql (the default), or redis, the one of REDIS_URL',
  }),
} as const

const sweepEveryMs = 60_000

class OpenLimits {
  readonly store: LimitStore
  readonly meanwhile: LimitStore
  failures = 0
  stopSweeping: () => void = () => undefined

  constructor(store: LimitStore, meanwhile: LimitStore) {
    this.store = store
    this.meanwhile = meanwhile
  }
}

/** Limits of modules; `uses: [limits({ … })]` gives `kit.limits`. */
export const limitsCapability = defineCapability<typeof settings, OpenLimits>({
  name: 'limits',
  summary: 'how often something may be tried, counted over all processes',
  settings,
  guarantees: limitGuarantees,
  schema: limitsSchema,
  needs: ({ env }) => [env.LIMITS_STORE === 'redis' ? 'redis' : 'data'],
  driver: ({ LIMITS_STORE }) => ({
    driver: LIMITS_STORE ?? 'postgresql',
    from: LIMITS_STORE === undefined ? undefined : 'LIMITS_STORE',
    guarantees: { exact: true, shared: true, survivesRestart: false },
  }),
  open({ LIMITS_STORE }, process) {
    const meanwhile = inProcessLimits(process.clock)
    const redis = LIMITS_STORE === 'redis' ? process.opened(redisCapability) : undefined
    if (redis !== undefined) return new OpenLimits(redisLimits(redis), meanwhile)
    const database = process.opened(dataCapability)?.forModule<unknown>(limitsSchema)
    // `needs` names it, so it is open.
    if (database === undefined) throw new TypeError('limits need the database of the application')
    const open = new OpenLimits(postgresqlLimits(database), meanwhile)
    open.stopSweeping = repeat(process.clock, sweepEveryMs, () => sweepLimits(database))
    return open
  },
  kit(open, { manifest, process }) {
    const declared = declaredBy<DeclaredLimits>(manifest, 'limits')
    if (declared === undefined) return {}
    if (open === undefined) return { limits: elsewhere<ModuleLimits>('limits', manifest.name) }
    const onAway = (error: unknown): void => {
      open.failures += 1
      process.log.warn('the store of attempts does not answer', { store: open.store.name }, error)
    }
    return { limits: moduleLimits(manifest.name, declared, { ...open, onAway }) }
  },
  async provision(directUrl, modules) {
    if (!modules.some((module) => declares(module, 'limits'))) return
    await migrateOwnTables(directUrl, limitsSchema, new URL('./migrations/', import.meta.url))
  },
  gauges: ({ failures }) => [
    {
      name: 'footing_limits_failures_total',
      help: 'Attempts that the store of limits could not count.',
      value: failures,
      type: 'counter',
    },
  ],
  close: ({ stopSweeping }) => stopSweeping(),
})
