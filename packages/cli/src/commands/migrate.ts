// Migrations of all modules: applying, reviewing, writing them, and keeping what is committed true to what they build.
import type { Command } from '../command/command.ts'

/** `footing migrate <action> …`. */
export const migrate: Command = {
  name: 'migrate',
  summary: 'apply, review and write migrations; find drift; generate table types',
  description:
    'Uses DATABASE_DIRECT_URL, else DATABASE_URL, which must be PostgreSQL itself, not a pooler; without either, ' +
    'the embedded PostgreSQL of footing dev. ' +
    'up applies what is pending; several machines may run it at once: one migrates, the others wait. ' +
    'status exits with 1 when something is pending or was changed. ' +
    "plan reviews what is pending with PostgreSQL's own parser: locks that block others, changes that break the running " +
    'version, data loss; it exits with 1 when there is a hazard that no comment in the file allows. ' +
    'new writes the next file of a module, or the files of a recipe. ' +
    'redo, in development, undoes the last migration of a module and applies it again; rows are carried over. ' +
    'dump writes schema.sql beside the migrations of each module. ' +
    'check exits with 1 when files, committed dump, generated types and database do not agree. ' +
    'types writes tables.generated.ts for the query builder. ' +
    'dump, types and check build the migrations in a database that is dropped afterwards, never on a production server.',
  arguments: [
    { name: 'action', summary: 'up, status, plan, new, redo, check, dump or types', required: true },
    {
      name: 'words',
      summary:
        'new: module and what it does; redo: module; then the folder of the application (this folder when left out)',
      variadic: true,
    },
  ],
  options: [
    { flags: '--contract', summary: 'up: in production too, apply a contract in the run that applies its expand' },
    { flags: '--no-dump', summary: 'up, redo: leave schema.sql and the types as they are' },
    { flags: '--yes', summary: 'redo: continue even if values cannot be carried over' },
    {
      flags: '--only <part>',
      summary: 'check: the files without a database, or the live database',
      choices: ['files', 'live'],
    },
    { flags: '--check', summary: 'dump, types: write nothing, exit with 1 when a file is not up to date' },
    {
      flags: '--recipe <name>',
      summary: 'write a change the safe way',
      choices: ['rename-column', 'type-change', 'not-null', 'backfill', 'index'],
      group: 'new',
    },
    { flags: '--table <name>', summary: 'table that the recipe changes', group: 'new' },
    { flags: '--column <name>', summary: 'column that the recipe changes', group: 'new' },
    { flags: '--to <name>', summary: 'name of the column that takes its place', group: 'new' },
    {
      flags: '--type <type>',
      summary: 'type of that column; read from schema.sql when it does not change',
      group: 'new',
    },
    {
      flags: '--key <columns>',
      summary: 'unique key that a copy walks along (default the primary key, else id)',
      group: 'new',
    },
  ],
  examples: [
    { run: 'footing migrate up examples/conduit', does: 'apply what is pending' },
    { run: 'footing migrate plan examples/conduit', does: 'review what is pending before it is applied' },
    { run: 'footing migrate status examples/conduit --json', does: 'the state of every migration as data' },
    {
      run: 'footing migrate new content add-summary examples/conduit',
      does: 'the next file, as a draft with instructions',
    },
    {
      run: 'footing migrate new content rename-body examples/conduit --recipe rename-column --table article --column body --to text',
      does: 'expand, backfill and contract of a rename',
    },
    { run: 'footing migrate redo content examples/conduit', does: 'the last migration again, after an edit' },
    {
      run: 'footing migrate check examples/conduit --only files',
      does: 'in CI: dump and types are what the files build',
    },
    { run: 'footing migrate check examples/conduit --only live', does: 'was the database changed by hand?' },
    { run: 'footing migrate types examples/conduit', does: 'table types for the query builder' },
  ],
  docs: 'docs/migrations.md',
  run: async (context) => {
    const { args } = context
    const { cliErrors } = await import('../command/errors.ts')
    const { actions } = await import('../migrate/actions.ts')
    const name = String(args.action)
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined)
      throw cliErrors('migrate-action-unknown', { details: { action: JSON.stringify(name.slice(0, 80)) } })
    const words = typeof args.words === 'string' ? [args.words] : (args.words ?? [])
    const wanted = action.words.length
    if (words.length < wanted || words.length > wanted + 1) {
      const usage = [name, ...action.words.map((word) => `<${word}>`), '[app]'].join(' ')
      const given = words.length === 0 ? 'none' : words.join(' ').slice(0, 200)
      throw cliErrors('migrate-arguments-wrong', { details: { action: name, given, usage } })
    }
    const { openMigrateWorkspace } = await import('../migrate/migrate-workspace.ts')
    const world = await openMigrateWorkspace(context, words[wanted], name)
    try {
      return await action.run(world, words.slice(0, wanted))
    } finally {
      await world.close()
    }
  },
}
