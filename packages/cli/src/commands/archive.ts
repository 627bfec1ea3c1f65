// Old rows of tables as Parquet files in the storage: moved, verified, read, put back.
import type { Command } from '../command/command.ts'

/** `footing archive <action> …`. */
export const archive: Command = {
  name: 'archive',
  summary: 'move old rows to files in the storage, verify them, read them, put them back',
  description:
    'Uses DATABASE_URL, pooler or not, and STORAGE_URL; without them the embedded PostgreSQL of footing dev and ' +
    '.footing/storage. The manifests of the modules say which rows are old: uses: [archive({ … })]. ' +
    'run repairs what a killed run left behind, then moves old rows; several machines may run it at once. ' +
    'status exits with 1 when a batch is unfinished; the next run finishes it. ' +
    'verify reads every file and exits with 1 when one differs from what was archived. ' +
    'query prints rows as JSON, one on each line. restore puts whole files back into the table.',
  arguments: [
    { name: 'action', summary: 'run, status, verify, query or restore', required: true },
    {
      name: 'words',
      summary: 'query, restore: module.table; then the folder of the application (this folder when left out)',
      variadic: true,
    },
  ],
  options: [
    { flags: '--max-batches <n>', summary: 'run: stop after this many files of each table' },
    { flags: '--from <time>', summary: 'query, restore: rows from this time on' },
    { flags: '--to <time>', summary: 'query, restore: rows before this time' },
    { flags: '--where <condition>', summary: 'query: column=value, or < <= > >= instead of =', repeated: true },
    { flags: '--columns <names>', summary: 'query: only these columns, separated by commas' },
    { flags: '--live', summary: 'query: also the rows that are still in the table' },
    { flags: '--limit <n>', summary: 'query: most rows (default 1000)' },
    {
      flags: '--without-column <name>',
      summary: 'restore: leave out a column that the table no longer has',
      repeated: true,
    },
  ],
  examples: [
    { run: 'footing archive run examples/conduit', does: 'move what is old' },
    { run: 'footing archive status examples/conduit --json', does: 'what is archived and what is due, as data' },
    { run: 'footing archive verify examples/conduit', does: 'read every file again' },
    {
      run: 'footing archive query content.article examples/conduit --from 2025-01-01 --where author=7 --live',
      does: 'rows of the archive and of the table, each once',
    },
    {
      run: 'footing archive restore content.article examples/conduit --to 2025-01-01',
      does: 'rows back into the table',
    },
  ],
  docs: 'docs/archive.md',
  run: async (context) => {
    const { cliErrors } = await import('../command/errors.ts')
    const { actionsOnTable, archiveActions, nameOf } = await import('../archive/actions.ts')
    const name = String(context.args.action)
    const action = Object.hasOwn(archiveActions, name) ? archiveActions[name] : undefined
    const words = [context.args.words ?? []].flat()
    const tables = actionsOnTable.has(name) ? 1 : 0
    if (action === undefined) {
      const details = {
        action: JSON.stringify(name.slice(0, 80)),
        command: 'archive',
        actions: Object.keys(archiveActions).join(', '),
      }
      throw cliErrors('action-unknown', { details })
    }
    if (words.length < tables || words.length > tables + 1) {
      const wanted = `footing archive ${name}${tables === 1 ? ' <module.table>' : ''} [app]`
      throw cliErrors('archive-option-wrong', {
        details: { what: 'the words', given: JSON.stringify(words.join(' ').slice(0, 80)), wanted },
      })
    }
    // Told before anything is opened.
    if (tables === 1) nameOf(words[0] ?? '')
    const { openApplicationArchive } = await import('../archive/open-application-archive.ts')
    const opened = await openApplicationArchive(context, words[tables], name)
    try {
      return await action(opened.archive, context, words[0] ?? '')
    } finally {
      await opened.close()
    }
  },
}
