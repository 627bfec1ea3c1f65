// footing drill: breaks an application on purpose and counts what was lost.
import { type Command, type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { saboteurNames } from '../drill/judge/saboteur-names.ts'

/** `footing drill [drill] [app]`. */
export const drill: Command = {
  name: 'drill',
  summary: 'break an application on purpose, under load, and count what was lost',
  description:
    'Without a name it lists the drills. A drill starts the application as real processes on a PostgreSQL of its own, puts ' +
    'load on it, does the damage for real, and gives a verdict for each guarantee that the manifests use: held, broken, ' +
    'not exercised (the faults missed the dangerous moment) or cannot tell. Nothing that you run is touched. ' +
    'Exits with 0 when everything held, 1 when something is broken, 2 when something could not be judged.',
  arguments: [
    { name: 'drill', summary: 'which one; lists them when left out' },
    { name: 'app', summary: 'folder of the application; this folder when left out' },
  ],
  options: [
    { flags: '--kills <n>', summary: 'how many processes are killed', default: '200' },
    { flags: '--workers <n>', summary: 'processes of the role worker, beside one that answers', default: '4' },
    { flags: '--seed <n>', summary: 'repeats the decisions of an earlier run' },
    { flags: '--budget <time>', summary: 'how long load and faults may go on', default: '5m' },
    { flags: '--html <file>', summary: 'writes the report as a page, without script', group: 'Reports' },
    { flags: '--history <file>', summary: 'adds the run as a line of JSON to this file', group: 'Reports' },
    {
      flags: '--sabotage <name>',
      summary: 'plants a fault, to see that it is found',
      choices: saboteurNames,
      group: 'Doubts',
    },
  ],
  examples: [
    { run: 'footing drill', does: 'the list, with what each needs and how long it takes' },
    { run: 'footing drill kill-worker examples/conduit', does: '200 kills in five minutes' },
    { run: 'footing drill kill-worker --kills 20 --budget 90s --html drill.html', does: 'a short run, with a page' },
    { run: 'footing drill kill-worker --sabotage lose-one-in-500', does: 'a run that has to end with 1' },
  ],
  docs: 'docs/drills.md',
  run,
}

async function run(context: CommandContext): Promise<ExitCode> {
  const { args, terminal } = context
  const { drills } = await import('../drill/drills.ts')
  if (typeof args.drill !== 'string') {
    const { showDrills } = await import('../drill/show-drills.ts')
    showDrills(drills, terminal)
    return exit.ok
  }
  const { runDrill } = await import('../drill/run-drill.ts')
  const report = await runDrill(drills, args.drill, context)
  if (report === undefined) return exit.interrupted
  if (report.outcome === 'held') return exit.ok
  return report.outcome === 'broken' ? exit.findings : exit.unable
}
