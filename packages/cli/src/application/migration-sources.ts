// The migrations of an application's modules, as the migrator wants them.
import type { App } from '@footing/core'
import type { MigrationSource } from '@footing/core/tooling'

/** One source per module that has migrations, in order of needs. */
export function migrationSources(app: Pick<App, 'modules'>): readonly MigrationSource[] {
  return app.modules.flatMap((module) =>
    module.migrations === undefined
      ? []
      : [{ module: module.name, needs: module.needs.map((needed) => needed.name), folder: module.migrations }],
  )
}
