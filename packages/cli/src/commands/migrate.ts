// Migrations of all modules, over the direct URL.
import { join, resolve } from 'node:path'
import type { MigrationStatus } from '@footing/core'
import { findApplication } from '../application.ts'
import { type Command, type CommandContext, type ExitCode, exit } from '../command.ts'

/** `footing migrate up|status|plan [app]`. */
export const migrate: Command = {
  name: 'migrate',
  summary: 'apply migrations, say what is pending, or review it first',
  description:
    'Works on DATABASE_DIRECT_URL, else DATABASE_URL, which must be PostgreSQL itself and no pooler; without either, on ' +
    'the embedded PostgreSQL of footing dev. Several machines may run it at once: one migrates, the others wait. ' +
    'status exits with 1 when something is pending or was changed. plan reviews what is pending with the parser of ' +
    'PostgreSQL: locks that stop others, changes that break the running version, loss of data; it exits with 1 when a ' +
    'hazard stands that no comment in the file allows.',
  arguments: [
    { name: 'action', summary: 'up, status or plan', required: true },
    { name: 'app', summary: 'folder of the application; this folder when left out' },
  ],
  options: [],
  examples: [
    { run: 'footing migrate up examples/conduit', does: 'apply what is pending' },
    { run: 'footing migrate plan examples/conduit', does: 'review what is pending before it is applied' },
    { run: 'footing migrate status examples/conduit --json', does: 'the state of every migration as data' },
  ],
  docs: 'docs/cli.md',
  run: async (context) => {
    const { args, cwd, env, terminal } = context
    const { cliErrors } = await import('../errors.ts')
    const action = args.action
    if (action !== 'up' && action !== 'status' && action !== 'plan') {
      throw cliErrors('migrate-action-unknown', { details: { action: String(action) } })
    }
    const folder = resolve(cwd, typeof args.app === 'string' ? args.app : '.')
    const place = findApplication(folder)
    if (place === undefined) throw cliErrors('app-missing', { details: { folder, command: `migrate ${action}` } })
    const { readEnvFile } = await import('../env-file.ts')
    const { loadApplication } = await import('../load-application.ts')
    const { migrationSources } = await import('../migration-sources.ts')
    const { createMigrator, startEmbeddedPostgres } = await import('@footing/core')
    const settings = { ...readEnvFile(folder), ...env }
    const direct = settings.DATABASE_DIRECT_URL || settings.DATABASE_URL
    const sources = migrationSources(await loadApplication(place))
    const embedded = direct
      ? undefined
      : await startEmbeddedPostgres({
          folder: join(folder, '.footing', 'postgres'),
          resolveFrom: [import.meta.url, place.entry],
          database: 'app',
          log: (line) => terminal.note(terminal.noteStyle(line, 'dim')),
        })
    try {
      const url = direct || embedded?.url || ''
      const migrator = createMigrator({ url, sources, log: (line) => terminal.note(line) })
      if (action === 'up') return showApplied(context, await migrator.up())
      if (action === 'status') return showStatus(context, await migrator.status())
      const { planMigrations, showPlan } = await import('../migration-plan.ts')
      return showPlan(terminal, await planMigrations(sources, await migrator.status()))
    } finally {
      await embedded?.stop()
    }
  },
}

function showApplied({ terminal }: CommandContext, applied: readonly MigrationStatus[]): ExitCode {
  if (terminal.wantsJson) terminal.json({ ok: true, applied })
  else {
    for (const { module, name } of applied) terminal.out(`${terminal.style('applied', 'green')}  ${module}/${name}`)
    terminal.out(applied.length === 0 ? 'nothing to do' : `${applied.length} applied`)
  }
  return exit.ok
}

function showStatus({ terminal }: CommandContext, all: readonly MigrationStatus[]): ExitCode {
  const open = all.filter((migration) => migration.state !== 'applied')
  if (terminal.wantsJson) terminal.json({ ok: open.length === 0, migrations: all })
  else {
    for (const { state, module, name, appliedAt } of all) {
      const word = terminal.style(state.padEnd(8), state === 'applied' ? 'green' : 'yellow')
      terminal.out(`${word} ${module}/${name}${appliedAt === undefined ? '' : `  ${terminal.style(appliedAt, 'dim')}`}`)
    }
    terminal.out(`${all.length - open.length} applied, ${open.length} not`)
  }
  return open.length === 0 ? exit.ok : exit.findings
}
