// footing map: the modules as a picture, a page, text for README and CODEOWNERS, and which of them presses to leave.
import { type Command, type CommandContext, type ExitCode, exit } from '../command/command.ts'

const formats = ['text', 'svg', 'html', 'matrix', 'mermaid', 'codeowners'] as const

export const map: Command = {
  name: 'map',
  summary: 'draw the modules, which needs which and who owns each',
  description:
    'A Footing application is drawn from its manifests, any other repository from its imports. To draw it, the application of this project is imported; one of another project is only read unless --load is given. An arrow points from a module to what it depends on; cycles are red. mermaid and codeowners can be kept in a file between two markers: --write brings the part up to date, --check exits with 1 when it is not. --pressure combines measurements with the git history and says which module, if any, they justify extracting.',
  arguments: [{ name: 'path', summary: 'folder of the application or repository; this folder when left out' }],
  options: [
    {
      flags: '--load',
      summary: 'import the application even if it is not part of this project; that runs its code',
    },
    { flags: '--format <format>', summary: 'what to draw', choices: formats, default: 'text', group: 'Output' },
    { flags: '--output <file>', summary: 'file to write; stdout when left out', group: 'Output' },
    {
      flags: '--write',
      summary:
        'bring the part in CODEOWNERS (codeowners) or README.md (mermaid) up to date; --output names another file',
      group: 'Kept in a file',
    },
    {
      flags: '--check',
      summary: 'exit 1 when that part is not up to date; writes nothing',
      group: 'Kept in a file',
    },
    { flags: '--pressure', summary: 'say which module, if any, measurements justify extracting', group: 'Pressure' },
    {
      flags: '--metrics <url|file>',
      summary: 'metrics of the running application; METRICS_TOKEN is sent when set',
      group: 'Pressure',
    },
    {
      flags: '--profile <pid|host:port>',
      summary: 'sample the event loop of that Node process and attribute the work to modules',
      group: 'Pressure',
    },
    {
      flags: '--seconds <seconds>',
      summary: 'profile this long (10), read the metrics twice this far apart (else once, since the start)',
      group: 'Pressure',
    },
    { flags: '--days <days>', summary: 'how far back the history counts', default: '180', group: 'Pressure' },
  ],
  examples: [
    { run: 'footing map examples/conduit', does: 'the modules in the terminal' },
    {
      run: 'footing map examples/conduit --format html --output map.html',
      does: 'picture, pages and matrix in one file',
    },
    {
      run: 'footing map examples/conduit --format codeowners --check',
      does: 'fail when an owner changed and CODEOWNERS did not',
    },
    { run: 'footing map ../shop --format matrix --output shop.svg', does: 'the structure of any repository' },
    {
      run: 'footing map examples/conduit --pressure --profile 4242 --metrics http://127.0.0.1:3000/metrics --seconds 60',
      does: 'which module presses to leave, measured for a minute',
    },
  ],
  docs: 'docs/map.md',
  run,
}

async function run(context: CommandContext): Promise<ExitCode> {
  const { readMap } = await import('../map/read-map.ts')
  const read = await readMap(context)
  const { options } = context
  if (options.write === true || options.check === true) {
    const { keepPart } = await import('../map/keep-part.ts')
    return keepPart(read, context)
  }
  const { showMap } = await import('../map/show-map.ts')
  await showMap(read, context)
  return exit.ok
}
