// Turns argv and the list of commands into one decision: run this with that, print help or the version, or refuse.
import { CommanderError, Option, Command as Parser } from 'commander'
import type { Command, CommandContext, OptionValue } from './command/command.ts'
import { type GlobalOptions, globalOptions, readGlobals } from './global-options.ts'
import { renderCommandHelp, renderHelp } from './help.ts'

export type Parsed =
  | {
      readonly kind: 'run'
      readonly command: Command
      readonly args: CommandContext['args']
      readonly options: Readonly<Record<string, OptionValue>>
      readonly globals: GlobalOptions
    }
  | { readonly kind: 'help'; readonly text: string; readonly globals: GlobalOptions }
  | { readonly kind: 'version'; readonly globals: GlobalOptions }
  | { readonly kind: 'usage'; readonly message: string; readonly hint: string; readonly globals: GlobalOptions }

/**
 * Parses the arguments after `footing`. Unknown commands and flags are refused with the nearest known name.
 * Pure: prints nothing and never exits.
 */
export function parse(argv: readonly string[], commands: readonly Command[]): Parsed {
  const globals = readGlobals(argv)
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const [first, second] = operands(own)
  if (own.some((argument) => argument === '-v' || argument === '-V' || argument === '--version')) {
    return { kind: 'version', globals }
  }
  if (argv.length === 0 || first === 'help') {
    if (first === undefined || second === undefined) return { kind: 'help', text: renderHelp(commands), globals }
    const command = commands.find((candidate) => candidate.name === second)
    if (command !== undefined) return { kind: 'help', text: renderCommandHelp(command), globals }
    return unknownCommand(second, commands, globals)
  }
  const parsed: { run?: Parsed } = {}
  const program = buildParser(commands, (command, args, options) => {
    parsed.run = { kind: 'run', command, args, options, globals }
  })
  const output: string[] = []
  program.configureOutput({ writeErr: (text) => void output.push(text), writeOut: (text) => void output.push(text) })
  for (const sub of program.commands) {
    sub.configureOutput({ writeErr: (text) => void output.push(text), writeOut: (text) => void output.push(text) })
  }
  try {
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.help') {
      const asked = commands.find((candidate) => candidate.name === first)
      return { kind: 'help', text: asked === undefined ? renderHelp(commands) : renderCommandHelp(asked), globals }
    }
    return usage(error, output, commands.find((candidate) => candidate.name === first)?.name, globals)
  }
  return parsed.run ?? { kind: 'help', text: renderHelp(commands), globals }
}

type OnRun = (command: Command, args: CommandContext['args'], options: Readonly<Record<string, OptionValue>>) => void

function buildParser(commands: readonly Command[], onRun: OnRun): Parser {
  const program = new Parser('footing').exitOverride().helpCommand(false).showSuggestionAfterError(true)
  addGlobals(program)
  for (const command of commands) {
    const sub = program.command(command.name).exitOverride().showSuggestionAfterError(true).allowExcessArguments(false)
    for (const argument of command.arguments ?? []) {
      const name = argument.variadic === true ? `${argument.name}...` : argument.name
      sub.argument(argument.required === true ? `<${name}>` : `[${name}]`, argument.summary)
    }
    for (const spec of command.options) {
      const option = new Option(spec.flags, spec.summary)
      if (spec.default !== undefined) option.default(spec.default)
      if (spec.choices !== undefined) option.choices(spec.choices)
      if (spec.repeated === true) {
        option.argParser((word: string, before: readonly string[] | undefined) => [...(before ?? []), word])
      }
      sub.addOption(option)
    }
    addGlobals(sub)
    sub.action((...received: unknown[]) => {
      const values = received.slice(0, sub.registeredArguments.length)
      const named = sub.registeredArguments.map((argument, index) => [argument.name(), values[index]])
      // Commander gives text, lists of text and booleans for options declared without a parser, as all of ours are.
      const options = { ...program.opts(), ...sub.opts() } as Record<string, OptionValue>
      onRun(command, Object.fromEntries(named) as CommandContext['args'], options)
    })
  }
  return program
}

function addGlobals(parser: Parser): void {
  for (const { flags, summary } of globalOptions) {
    if (!flags.includes('--help')) parser.addOption(new Option(flags, summary))
  }
}

function operands(argv: readonly string[]): readonly string[] {
  return argv.filter((argument, index) => !argument.startsWith('-') && !isFolderFlag(argv[index - 1]))
}

function isFolderFlag(argument: string | undefined): boolean {
  return argument === '-C' || argument === '--cwd'
}

function unknownCommand(name: string, commands: readonly Command[], globals: GlobalOptions): Parsed {
  const known = commands.map((command) => command.name).join(', ')
  return { kind: 'usage', message: `unknown command '${name}'`, hint: `Commands: ${known}.`, globals }
}

function usage(error: CommanderError, output: readonly string[], command: string | undefined, globals: GlobalOptions) {
  const [message = error.message, ...rest] = (output.join('') || error.message)
    .replace(/^error: /, '')
    .trim()
    .split('\n')
  const suggestion = rest.join(' ').replace(/^\(|\)$/g, '')
  const help = `Run 'footing ${command === undefined ? '' : `${command} `}--help' for what there is.`
  const hint = suggestion === '' ? help : `${suggestion} ${help}`
  return { kind: 'usage', message, hint, globals } as const
}
