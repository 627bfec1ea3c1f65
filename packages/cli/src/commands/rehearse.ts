// footing rehearse: the tests of an application with one of its modules in another process, over a bad line.
import { type Command, type CommandContext, type ExitCode, exit } from '../command/command.ts'

/** `footing rehearse <module> [app]`. */
export const rehearse: Command = {
  name: 'rehearse',
  summary: "run an application's own tests with one module in another process",
  description:
    'Shows what would break if the module became a service, before you move it. Every test that starts the ' +
    'application with startTestApp gets the module in a second process behind real sockets, with latency, calls that ' +
    'arrive twice, answers that are lost, and a process that is replaced. No caller changes. Exits with 1 when something ' +
    'breaks. The output ends with the environment variables for both processes, the only difference between the deployments.',
  arguments: [
    { name: 'module', summary: 'module to run in another process', required: true },
    { name: 'app', summary: 'folder of the application; this folder when left out' },
  ],
  options: [
    { flags: '--test <command>', summary: 'how to run the tests; vitest on the folder when left out' },
    { flags: '--calm', summary: 'run the module in another process, without disturbances', group: 'Disturbances' },
    { flags: '--latency <ms>', summary: 'delay of each packet in milliseconds', default: '1', group: 'Disturbances' },
    {
      flags: '--duplicate <n>',
      summary: 'one in this many idempotent calls arrives twice',
      default: '5',
      group: 'Disturbances',
    },
    {
      flags: '--lose <n>',
      summary: 'one in this many idempotent calls loses its answer',
      default: '20',
      group: 'Disturbances',
    },
    {
      flags: '--lose-all',
      summary: 'calls that are not idempotent lose answers too; tests may fail then',
      group: 'Disturbances',
    },
    {
      flags: '--restart <n>',
      summary: 'replace the process after this many calls',
      default: '25',
      group: 'Disturbances',
    },
  ],
  examples: [
    { run: 'footing rehearse billing examples/conduit', does: 'everything at once' },
    { run: 'footing rehearse identity examples/conduit --calm', does: 'only the other process' },
    { run: 'footing rehearse content --latency 20 --restart 0', does: 'a slow line' },
    { run: 'footing rehearse billing --test "npm test" --json', does: 'another runner; the result as data' },
  ],
  docs: 'docs/placement.md',
  run,
}

async function run(context: CommandContext): Promise<ExitCode> {
  const { rehearseModule } = await import('../rehearse/rehearse-module.ts')
  const { showRehearsal } = await import('../rehearse/show-rehearsal.ts')
  const result = await rehearseModule(context)
  if (result === undefined) return exit.interrupted
  if (context.terminal.wantsJson) context.terminal.json(result)
  else showRehearsal(result, context.terminal)
  return result.ok ? exit.ok : exit.findings
}
