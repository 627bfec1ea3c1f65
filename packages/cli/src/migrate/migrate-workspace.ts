// What the actions of migrate work with: the application's modules, its settings, and the servers that they may use.
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App } from '@footing/core'
import type { EmbeddedServer, MigrationSource } from '@footing/core/tooling'
import { mayCreateDatabases, startEmbeddedPostgres } from '@footing/core/tooling'
import { requireApplication } from '../application/application.ts'
import { readEnvFile } from '../application/env-file.ts'
import { loadApplication } from '../application/load-application.ts'
import { startLocalPostgres } from '../application/local-postgres.ts'
import { migrationSources } from '../application/migration-sources.ts'
import type { CommandContext } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'

/** The application and where its data is. */
export interface MigrateWorkspace {
  readonly context: CommandContext
  /** Folder of the application. */
  readonly folder: string
  readonly sources: readonly MigrationSource[]
  /** Names of all modules, those without migrations too. */
  readonly modules: readonly string[]
  /** What its capabilities keep in the database is put in place after the migrations. */
  readonly application: App
  /** Views of other modules that each module declares to read. */
  readonly readsOf: ReadonlyMap<string, Readonly<Record<string, readonly string[]>>>
  /** Where the database is and how careful to be with it. */
  readonly stage: Stage
  /** URL of the application's own database; the embedded server is started for it when no URL is set. */
  readonly databaseUrl: () => Promise<string>
  /** URL of a server on which databases may be created and dropped: never a production server. */
  readonly scratchUrl: () => Promise<string>
  /** Stops what was started. */
  readonly close: () => Promise<void>
}

/** How careful to be. */
export interface Stage {
  /** The profile that was named; undefined when none was. */
  readonly profile: string | undefined
  /** True for the embedded server and for one of this machine. */
  readonly local: boolean
  /** Host of the database for messages. */
  readonly host: string
}

/** Opens the world of the application in a folder. Nothing is started before it is needed. */
export async function openMigrateWorkspace(
  context: CommandContext,
  app: string | undefined,
  action: string,
): Promise<MigrateWorkspace> {
  const place = requireApplication(
    context.cwd,
    app,
    action === 'new' ? 'migrate new <module> <what-it-does>' : `migrate ${action}`,
  )
  const { folder } = place
  const settings = { ...readEnvFile(folder), ...context.env }
  const direct = settings.DATABASE_DIRECT_URL || settings.DATABASE_URL || undefined
  const application = await loadApplication(place)
  const { terminal } = context
  const stops: (() => Promise<void>)[] = []
  const log = (line: string): void => terminal.note(terminal.noteStyle(line, 'dim'))
  const use = (server: EmbeddedServer): string => {
    stops.push(() => server.stop())
    return server.url
  }
  let own: Promise<string> | undefined
  let scratch: Promise<string> | undefined
  const databaseUrl = () => {
    own ??= direct === undefined ? startLocalPostgres(place, log).then(use) : Promise.resolve(direct)
    return own
  }
  const stage = readStage(settings, direct)
  const findScratch = async (): Promise<string> => {
    if (direct === undefined) return databaseUrl()
    if (!isProduction(stage) && (await mayCreateDatabases(direct))) return direct
    const scratchFolder = join(tmpdir(), `footing-scratch-${process.pid}-${randomBytes(4).toString('hex')}`)
    return startEmbeddedPostgres({
      folder: scratchFolder,
      resolveFrom: [import.meta.url, place.entry],
      database: 'app',
      log,
      temporary: true,
    }).then(use)
  }
  return {
    context,
    folder,
    sources: migrationSources(application),
    modules: application.modules.map(({ name }) => name),
    application,
    readsOf: new Map(application.modules.map(({ name, reads }) => [name, reads])),
    stage,
    databaseUrl,
    scratchUrl: () => {
      scratch ??= findScratch()
      return scratch
    },
    close: async () => {
      for (const stop of stops.toReversed()) await stop()
    },
  }
}

/** A server elsewhere whose profile nobody named is taken for production: a dropped column cannot be brought back. */
export function isProduction({ profile, local }: Stage): boolean {
  return profile === 'production' || (profile === undefined && !local)
}

/** Judges the database of a direct URL; undefined is the embedded one. */
export function readStage(settings: Readonly<Record<string, string | undefined>>, direct: string | undefined): Stage {
  const host = direct === undefined ? 'localhost' : hostOf(direct)
  return {
    profile: settings.FOOTING_PROFILE || settings.NODE_ENV || undefined,
    local: /^(localhost|127\.|\[?::1\]?$|$|\/)/.test(host),
    host,
  }
}

// A URL may name a socket folder as its host, or none at all.
function hostOf(url: string): string {
  try {
    const { hostname, searchParams } = new URL(url)
    return searchParams.get('host') ?? decodeURIComponent(hostname)
  } catch {
    return 'unknown'
  }
}

/** The source of a module. @throws `migrate-module-unknown`, `migrate-module-without-migrations` */
export function sourceOf(world: MigrateWorkspace, module: string): MigrationSource {
  const source = world.sources.find((candidate) => candidate.module === module)
  if (source !== undefined) return source
  if (world.modules.includes(module)) throw cliErrors('migrate-module-without-migrations', { details: { module } })
  const known = world.modules.toSorted().join(', ') || 'none'
  throw cliErrors('migrate-module-unknown', { details: { module: JSON.stringify(module.slice(0, 80)), known } })
}
