// The actions of `footing migrate` as data: how each is written, and the function that carries it out.
import { relative } from 'node:path'
import {
  createMigrator,
  dataErrors,
  type MigrationStatus,
  provisionDatabase,
  readSchemas,
  redoMigration,
  renderSchema,
} from '@footing/core/tooling'
import { planMigrations, showPlan } from '../application/migration-plan.ts'
import { type ExitCode, exit } from '../command/command.ts'
import { counted } from '../command/counted.ts'
import { findDrift } from './find-drift.ts'
import { isProduction, type MigrateWorkspace, sourceOf } from './migrate-workspace.ts'
import { markMigrated } from './migration-mark.ts'
import { newMigration } from './new-migration.ts'
import { showDrift } from './show-drift.ts'
import { buildAll, mayRefresh, refreshFiles, type SchemaFile, schemaFiles, writeFiles } from './write-schema.ts'

/** One action. `words` are what stands between its name and the folder of the application. */
export interface MigrateAction {
  readonly words: readonly string[]
  readonly run: (world: MigrateWorkspace, words: readonly string[]) => Promise<ExitCode>
}

/** The actions by name. */
export const actions: Readonly<Record<string, MigrateAction>> = {
  up: { words: [], run: (world) => up(world) },
  status: { words: [], run: (world) => status(world) },
  plan: { words: [], run: (world) => plan(world) },
  new: { words: ['module', 'what-it-does'], run: (world, [module = '', what = '']) => create(world, module, what) },
  redo: { words: ['module'], run: (world, [module = '']) => redo(world, module) },
  check: { words: [], run: (world) => check(world) },
  dump: { words: [], run: (world) => writeKind(world, 'dump') },
  types: { words: [], run: (world) => writeKind(world, 'types') },
}

async function migratorOf(world: MigrateWorkspace, holdContracts = false) {
  const { terminal } = world.context
  const log = (line: string) => terminal.note(line)
  return createMigrator({ url: await world.databaseUrl(), sources: world.sources, holdContracts, log })
}

async function up(world: MigrateWorkspace): Promise<ExitCode> {
  const { terminal, options } = world.context
  const migrator = await migratorOf(world, isProduction(world.stage) && options.contract !== true)
  const applied = await migrator.up()
  await provisionDatabase(await world.databaseUrl(), world.application)
  if (applied.length > 0) tellDev(world)
  const refresh = options.dump !== false && applied.length > 0 && mayRefresh(world.stage, world.context.env)
  const written = refresh ? await bringUpToDate(world) : []
  const waiting = (await migrator.status()).filter(({ state }) => state === 'pending')
  if (terminal.wantsJson) terminal.json({ ok: true, applied, waiting, written: written.map(({ path }) => path) })
  else {
    for (const { module, name } of applied) terminal.out(`${terminal.style('applied', 'green')}  ${module}/${name}`)
    for (const migration of waiting) terminal.out(describe(world, migration))
    terminal.out(applied.length === 0 ? 'nothing to do' : `${applied.length} applied`)
  }
  return exit.ok
}

// A session of `footing dev` that waits, or answers with what it read before, starts again.
function tellDev({ stage, folder }: MigrateWorkspace): void {
  if (stage.local && stage.profile !== 'production') markMigrated(folder, new Date())
}

async function bringUpToDate(world: MigrateWorkspace): Promise<readonly SchemaFile[]> {
  const { terminal } = world.context
  const note = (line: string): void => terminal.note(terminal.noteStyle(line, 'yellow'))
  const written = await refreshFiles(world, note)
  for (const { path } of written) terminal.note(terminal.noteStyle(`wrote ${path}`, 'dim'))
  return written
}

async function status(world: MigrateWorkspace): Promise<ExitCode> {
  const { terminal } = world.context
  const all = await (await migratorOf(world)).status()
  const open = all.filter((migration) => migration.state !== 'applied')
  if (terminal.wantsJson) terminal.json({ ok: open.length === 0, migrations: all })
  else {
    for (const migration of all) terminal.out(describe(world, migration))
    terminal.out(`${all.length - open.length} applied, ${open.length} not`)
  }
  return open.length === 0 ? exit.ok : exit.findings
}

function describe(world: MigrateWorkspace, migration: MigrationStatus): string {
  const { terminal } = world.context
  const { state, module, name, appliedAt, phase, waitsFor, rowsDone, draft } = migration
  const word = draft === true ? 'draft' : waitsFor === undefined ? state : 'waiting'
  const notes = [
    appliedAt,
    phase,
    waitsFor === undefined ? undefined : `for the deployment after ${waitsFor}`,
    rowsDone === undefined ? undefined : `${counted(rowsDone, 'row')} done, goes on there`,
  ].filter((note) => note !== undefined)
  const colored = terminal.style(word.padEnd(8), state === 'applied' ? 'green' : 'yellow')
  return `${colored} ${module}/${name}${notes.length === 0 ? '' : `  ${terminal.style(notes.join(', '), 'dim')}`}`
}

async function plan(world: MigrateWorkspace): Promise<ExitCode> {
  const migrator = await migratorOf(world)
  const schemaOf = async (module: string): Promise<string> => {
    const [schema] = await readSchemas(await world.databaseUrl(), [module])
    return schema === undefined ? '' : renderSchema(schema)
  }
  return showPlan(world.context.terminal, await planMigrations(world.sources, await migrator.status(), schemaOf))
}

async function create(world: MigrateWorkspace, module: string, what: string): Promise<ExitCode> {
  const { terminal } = world.context
  const written = await newMigration(world, module, what)
  if (terminal.wantsJson) terminal.json({ ok: true, written })
  else for (const path of written) terminal.out(`${terminal.style('wrote', 'green')}  ${path}`)
  return exit.ok
}

async function redo(world: MigrateWorkspace, module: string): Promise<ExitCode> {
  const { terminal, options } = world.context
  sourceOf(world, module)
  const acceptLoss = options.yes === true
  const place = refusedPlace(world, acceptLoss)
  if (place !== undefined) throw dataErrors('migration-redo-refused', { details: { module, place } })
  const url = await world.databaseUrl()
  const log = (line: string) => terminal.note(line)
  const result = await redoMigration({ url, sources: world.sources, module, acceptLoss, log })
  await provisionDatabase(url, world.application)
  tellDev(world)
  const written = options.dump !== false && mayRefresh(world.stage, world.context.env) ? await bringUpToDate(world) : []
  if (terminal.wantsJson) terminal.json({ ok: true, ...result, written: written.map(({ path }) => path) })
  else {
    terminal.out(
      `${terminal.style('done again', 'green')}  ${result.module}/${result.name}, ${counted(result.rows, 'row')} carried over`,
    )
    for (const { what, rows, why } of result.lost)
      terminal.out(`  ${terminal.style('lost', 'yellow')} ${what} (${rows}): ${why}`)
  }
  return exit.ok
}

function refusedPlace({ stage }: MigrateWorkspace, acceptLoss: boolean): string | undefined {
  if (stage.profile === 'production') return 'in production'
  if (stage.local || acceptLoss) return undefined
  return `on ${stage.host}, which is not this machine, without --yes`
}

async function check(world: MigrateWorkspace): Promise<ExitCode> {
  const { only } = world.context.options
  return showDrift(
    world.context.terminal,
    await findDrift(world, only === 'files' || only === 'live' ? only : undefined),
  )
}

async function writeKind(world: MigrateWorkspace, kind: 'dump' | 'types'): Promise<ExitCode> {
  const { terminal, options, cwd } = world.context
  const { files, missingViews } = await schemaFiles(world, await buildAll(world))
  const own = files.filter((file) => file.kind === kind && file.own)
  const stale = own.filter(({ text, committed }) => text !== committed)
  const checking = options.check === true
  const written = checking ? [] : await writeFiles(own)
  const ok = missingViews.length === 0 && (!checking || stale.length === 0)
  const shown = (path: string) => relative(cwd, path) || path
  if (terminal.wantsJson) {
    const paths = {
      written: written.map(({ path }) => shown(path)),
      stale: checking ? stale.map(({ path }) => shown(path)) : [],
    }
    terminal.json({ ok, ...paths, missingViews, modules: own.length })
  } else {
    for (const { path } of written) terminal.out(`${terminal.style('wrote', 'green')}  ${shown(path)}`)
    if (checking)
      for (const { path } of stale) terminal.out(`${terminal.style('not up to date', 'yellow')}  ${shown(path)}`)
    for (const view of missingViews) terminal.out(`${terminal.style('no such view', 'yellow')}  ${view}`)
    terminal.out(
      `${counted(own.length, 'module')}, ${checking ? `${stale.length} not up to date` : `${written.length} written`}`,
    )
  }
  return ok ? exit.ok : exit.findings
}
