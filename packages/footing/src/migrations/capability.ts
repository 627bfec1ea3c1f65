// Migrations as a capability: a process whose tables are not there yet is not ready, and says which migrations are missing.
import { defineCapability } from '../capability/capability.ts'
import { dataCapability } from '../data/capability.ts'
import type { DataSource } from '../data/contract/contract.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { readMigrations } from './files/migration-file.ts'

/** The migrations that this code counts on. */
class ExpectedMigrations {
  readonly #data: DataSource | undefined
  readonly #modules: readonly AnyManifest[]
  #missing: Set<string> | undefined

  constructor(data: DataSource | undefined, modules: readonly AnyManifest[]) {
    this.#data = data
    this.#modules = modules
  }

  /** `content/0003-tags` of each that is not applied; asked until none is missing, and not again after that. */
  async missing(): Promise<readonly string[]> {
    this.#missing ??= await this.#expected()
    if (this.#missing.size === 0 || this.#data === undefined) return []
    const database = this.#data.forModule('footing')
    const [history] = await database.query<{ there: boolean }>(
      "select to_regclass('footing.migration') is not null as there",
    )
    const applied = history?.there
      ? await database.query<{ name: string }>(
          "select module || '/' || name as name from footing.migration where applied_at is not null",
        )
      : []
    for (const { name } of applied) this.#missing.delete(name)
    return [...this.#missing]
  }

  async #expected(): Promise<Set<string>> {
    const names = new Set<string>()
    for (const { name: module, needs, migrations: folder } of this.#modules) {
      if (folder === undefined) continue
      for (const file of await readMigrations({ module, needs: needs.map(({ name }) => name), folder })) {
        // What runs after the deployment is no reason to wait for it, and a draft is not applied at all.
        if (file.phase?.kind !== 'contract' && file.draft !== true) names.add(`${module}/${file.name}`)
      }
    }
    return names
  }
}

/** The state of the schema, as far as this code needs it. */
export const migrationsCapability = defineCapability<Readonly<Record<never, never>>, ExpectedMigrations>({
  name: 'migrations',
  summary: 'whether the database has the tables that this code was written for',
  settings: {},
  wanted: ({ places }) => places.local.some(({ migrations }) => migrations !== undefined),
  needs: () => ['data'],
  open: (_values, process) => new ExpectedMigrations(process.opened(dataCapability), process.places.local),
  async start(expected, { log }) {
    const missing = await expected.missing()
    if (missing.length > 0) log.warn(`not ready: ${told(missing)}; run footing migrate up`, { missing: missing.length })
  },
  async health(expected) {
    const missing = await expected.missing()
    return missing.length === 0 ? 'ok' : told(missing)
  },
  async ready(expected) {
    const missing = await expected.missing()
    return missing.length === 0 ? undefined : told(missing)
  },
})

function told(missing: readonly string[]): string {
  const [count, shown] = [missing.length, missing.slice(0, 5).join(', ')]
  return `${count === 1 ? 'a migration is' : `${count} migrations are`} missing: ${shown}${count > 5 ? ', …' : ''}`
}
