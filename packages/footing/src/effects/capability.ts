// The effect ledger as a capability: a table in the application's database, emptied of what is too old.
import { defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import type { DataSource } from '../data/contract/contract.ts'
import { migrateOwnTables } from '../migrations/index.ts'
import { declaredBy, declares } from '../module/use.ts'
import { repeat } from '../work/repeat.ts'
import { effectLedger } from './effect-ledger.ts'
import type { DeclaredEffects } from './use-effects.ts'

const schema = 'footing_effects'
// Beside the sources in the published package too: compiling copies no SQL.
const folder = new URL('../../src/effects/migrations/', import.meta.url)
const sweepMs = 600_000
const rowsOfASweep = 5000

interface Effects {
  readonly data: DataSource | undefined
  stopSweeping: () => void
}

/** What is done once however often it is tried; `uses: [effects()]` gives `kit.effects`. */
export const effectsCapability = defineCapability<Readonly<Record<never, never>>, Effects>({
  name: 'effects',
  summary: 'what was done and must not be done again, recorded in the transaction that does it',
  settings: {},
  guarantees: ['transactional', 'durable'],
  schema,
  needs: () => ['data'],
  driver: () => ({
    driver: 'postgresql',
    from: 'DATABASE_URL',
    guarantees: { transactional: true, durable: true },
  }),
  open: (_values, process) => ({ data: process.opened(dataCapability), stopSweeping: () => undefined }),
  kit(open, { manifest }) {
    if (!declares(manifest, 'effects')) return {}
    return { effects: open === undefined ? elsewhere('effects', manifest.name) : effectLedger(manifest.name) }
  },
  async provision(directUrl, modules) {
    if (modules.some((module) => declares(module, 'effects'))) await migrateOwnTables(directUrl, schema, folder)
  },
  start(open, { places, role, clock, log }) {
    const { data } = open
    if (role === 'web' || data === undefined) return
    const kept = places.local.flatMap((module) => {
      const declared = declaredBy<DeclaredEffects>(module, 'effects')
      return declared === undefined ? [] : [{ module: module.name, keepMs: declared.keepMs }]
    })
    const sweep = async () => {
      try {
        for (const one of kept) await forget(data, one.module, one.keepMs)
      } catch (error) {
        log.warn('old effects could not be forgotten; tried again later', {}, error)
      }
    }
    open.stopSweeping = repeat(clock, sweepMs, sweep)
  },
  drain: async ({ stopSweeping }) => stopSweeping(),
  close: ({ stopSweeping }) => stopSweeping(),
})

/** Forgets effects that are older, some thousands at once so that no lock is held for long. */
async function forget(data: DataSource, module: string, keepMs: number): Promise<void> {
  const database = data.forModule<unknown>(schema)
  for (let gone = rowsOfASweep; gone === rowsOfASweep; ) {
    const rows = await database.query(
      `delete from footing_effects.effect where (module, key) in (
         select module, key from footing_effects.effect
         where module = $1 and at < now() - $2 * interval '1 millisecond' limit ${rowsOfASweep}
       ) returning 1`,
      [module, keepMs],
    )
    gone = rows.length
  }
}
