// What changes in the environment of both processes on the day the module leaves.
import type { AnyManifest, App } from '@footing/core'

/** Lines for the environment of the two processes; values in angle brackets are the reader's. */
export interface Deployment {
  /** The application without the module. */
  readonly application: readonly string[]
  /** The module in a process of its own. */
  readonly module: readonly string[]
}

/** Writes both environments down. */
export function deploymentOf(manifest: AnyManifest, app: Pick<App, 'modules' | 'capabilities'>): Deployment {
  const { modules } = app
  const keys = 'MODULE_KEYS=first:<32 or more random characters, the same in both>'
  const callsBack = manifest.needs.length > 0
  const stateful = manifest.tables.length > 0 || manifest.migrations !== undefined
  const othersKeepTables = modules.some(({ name, tables }) => name !== manifest.name && tables.length > 0)
  const events = [manifest, ...manifest.needs, ...manifest.hears].some((one) => Object.keys(one.events).length > 0)
  const logsEvents = events && (stateful || othersKeepTables)
  const used = app.capabilities.filter(({ name }) => manifest.uses.some(({ capability }) => capability === name))
  const own = used.flatMap(({ schema }) => schema ?? [])
  const schemas = [...(stateful ? [manifest.name] : []), ...(logsEvents ? ['footing_events'] : []), ...own]
  return {
    application: [
      `PLACE_${manifest.name.toUpperCase()}=https://<${manifest.name}>`,
      keys,
      ...(callsBack
        ? [`# ${manifest.name} calls back: its process must reach /modules/ here, and nobody else needs to`]
        : []),
      ...(othersKeepTables || logsEvents ? [] : ['# DATABASE_URL is not needed any more']),
    ],
    module: [
      `SERVE_MODULES=${manifest.name}`,
      keys,
      ...manifest.needs.map(({ name }) => `PLACE_${name.toUpperCase()}=https://<application>`),
      ...(schemas.length > 0 ? [`DATABASE_URL=<as before; it uses ${told(schemas)} only>`] : []),
      ...used.flatMap(({ settings }) => (typeof settings === 'function' ? [] : settingLines(settings))),
      ...settingLines(manifest.settings),
    ],
  }
}

function told(schemas: readonly string[]): string {
  const last = schemas.at(-1)
  return schemas.length === 1 ? `the schema ${last}` : `the schemas ${schemas.slice(0, -1).join(', ')} and ${last}`
}

type Settings = AnyManifest['settings']

function settingLines(settings: Settings): readonly string[] {
  return Object.entries(settings).map(([name, { optional, fallback }]) =>
    optional || fallback !== undefined ? `# ${name}=<as before, where it is set>` : `${name}=<as before>`,
  )
}
