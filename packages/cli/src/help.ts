// Help is rendered from the same data that the parser reads, so the two cannot disagree.
import type { ArgumentSpec, Command, Example } from './command/command.ts'
import { globalOptions } from './global-options.ts'

/** Where the pages live; commands name theirs below it. */
const documentationHome = 'docs/README.md'

/** The page of `footing --help`: what there is, and how to begin. */
export function renderHelp(commands: readonly Command[]): string {
  const starts = commands.flatMap((command) => command.examples.slice(0, 1))
  return [
    'Footing: the eight decisions that make or break a back end, made executable.',
    '',
    'Usage: footing <command> [options]',
    '',
    'Commands',
    ...columns(commands.map((command) => [signature(command), command.summary])),
    ...columns([['help [command]', 'show a command with its options and examples']]),
    '',
    'Global options',
    ...columns(globalOptions.map((option) => [option.flags, option.summary])),
    '',
    'Examples',
    ...renderExamples(starts),
    '',
    'Exit codes: 0 fine · 1 found something · 2 could not run · 3 fault of Footing · 130 interrupted',
    `Documentation: ${documentationHome}`,
  ].join('\n')
}

/** The page of `footing help <command>`. */
export function renderCommandHelp(command: Command): string {
  const groups = new Map<string, string[][]>()
  for (const option of command.options) {
    const choices = option.choices === undefined ? '' : ` (${option.choices.join(', ')})`
    const preset = typeof option.default === 'string' ? ` [default: ${option.default}]` : ''
    const rows = groups.get(option.group ?? 'Options') ?? []
    rows.push([option.flags, `${option.summary}${choices}${preset}`])
    groups.set(option.group ?? 'Options', rows)
  }
  return [
    `footing ${command.name}: ${command.summary}`,
    ...(command.description === undefined ? [] : ['', ...wrap(command.description, 100)]),
    '',
    `Usage: footing ${signature(command)} [options]`,
    ...section(
      'Arguments',
      (command.arguments ?? []).map((argument) => [bracket(argument), argument.summary]),
    ),
    ...[...groups].flatMap(([title, rows]) => section(title, rows)),
    ...section(
      'Global options',
      globalOptions.map((option) => [option.flags, option.summary]),
    ),
    '',
    'Examples',
    ...renderExamples(command.examples),
    '',
    `Documentation: ${command.docs}`,
  ].join('\n')
}

function signature(command: Command): string {
  return [command.name, ...(command.arguments ?? []).map(bracket)].join(' ')
}

function bracket(argument: ArgumentSpec): string {
  const name = argument.variadic === true ? `${argument.name}...` : argument.name
  return argument.required === true ? `<${name}>` : `[${name}]`
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...columns(rows)]
}

function renderExamples(examples: readonly Example[]): readonly string[] {
  return columns(examples.map((example) => [example.run, example.does]))
}

const firstColumn = 26

// Two columns at a fixed place; a long first one pushes its text to the next line.
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.flatMap(([left = '', right = '']) =>
    left.length > firstColumn
      ? [`  ${left}`, `  ${' '.repeat(firstColumn)}  ${right}`]
      : [`  ${left.padEnd(firstColumn)}  ${right}`],
  )
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
