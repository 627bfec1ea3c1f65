// The flags that every command takes.

/** What the global flags said. */
export interface GlobalOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly color: boolean | undefined
  readonly cwd: string | undefined
}

/** The global flags as `--help` shows them. */
export const globalOptions = [
  { flags: '--json', summary: 'print one JSON document on stdout and nothing else, also for errors' },
  { flags: '-q, --quiet', summary: 'no progress, only results and faults' },
  { flags: '--verbose', summary: 'say more about what is done' },
  { flags: '--color', summary: 'colour even when the output is not a terminal' },
  { flags: '--no-color', summary: 'no colour (NO_COLOR does the same and wins)' },
  { flags: '-C, --cwd <folder>', summary: 'work in this folder' },
  { flags: '-h, --help', summary: 'show help' },
  { flags: '-V, --version', summary: 'show the versions of Footing, Node and the platform' },
] as const

/**
 * Reads them without the strict parser, so that a usage error already knows whether to answer in JSON and in colour.
 */
export function readGlobals(argv: readonly string[]): GlobalOptions {
  const end = argv.indexOf('--')
  const flags = end === -1 ? argv : argv.slice(0, end)
  const at = flags.findIndex((flag) => flag === '-C' || flag === '--cwd' || flag.startsWith('--cwd='))
  const flag = flags[at]
  const inline = flag?.startsWith('--cwd=') === true ? flag.slice('--cwd='.length) : undefined
  return {
    json: flags.includes('--json'),
    quiet: flags.includes('-q') || flags.includes('--quiet'),
    verbose: flags.includes('--verbose'),
    color: flags.includes('--no-color') ? false : flags.includes('--color') ? true : undefined,
    cwd: at === -1 ? undefined : (inline ?? flags[at + 1]),
  }
}
