// The shape of a command: data that the parser, the help, the docs and the tests read, and one function that runs.
import type { Terminal } from './terminal.ts'

/** What a process ends with. The verdict is the same in every output format. */
export const exit = {
  /** Ran, nothing to complain about. */
  ok: 0,
  /** Ran, and found something (findings over the gate, pending migrations …). */
  findings: 1,
  /** Could not run: usage, configuration or environment; the message says what to do. */
  unable: 2,
  /** A fault of Footing itself; a report block is printed. */
  internal: 3,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exit)[keyof typeof exit]

/** A positional argument, in order. A variadic one is last and gives a list. */
export interface ArgumentSpec {
  readonly name: string
  readonly summary: string
  readonly required?: boolean
  readonly variadic?: boolean
}

/**
 * A flag, written as commander reads it: `-p, --port <number>` takes a value, `--watch` is a switch, `--no-watch` a
 * switch that is on by default, `--only <rule...>` a list. The value arrives under its camel-cased long name.
 */
export interface OptionSpec {
  readonly flags: string
  readonly summary: string
  readonly default?: string | boolean
  readonly choices?: readonly string[]
  /** May be given several times and gives a list; unlike `<rule...>` it takes one word, so that an argument may follow. */
  readonly repeated?: boolean
  /** A heading in `--help` under which related options are gathered. */
  readonly group?: string
}

/** One line that a reader can paste. Each example's flags are checked against the command by a test. */
export interface Example {
  readonly run: string
  readonly does: string
}

export type OptionValue = string | boolean | readonly string[] | undefined

/** What a command is given: parsed input and everything of the outside world that it may touch. */
export interface CommandContext {
  /** Positional arguments by name: text, a list when variadic, undefined when left out. */
  readonly args: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Option values by camel-cased name; `json`, `quiet`, `verbose` are global and present for every command. */
  readonly options: Readonly<Record<string, OptionValue>>
  readonly terminal: Terminal
  /** Absolute folder that relative paths are resolved from (`--cwd`, else the working directory). */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by the first Ctrl-C or SIGTERM: stop, clean up, return. The second one kills the process. */
  readonly signal: AbortSignal
}

/**
 * A command. The file `commands/<name>.ts` exports exactly one. Keep its top-level imports to this file and types:
 * everything heavy is imported inside `run`, so that `footing --help` stays quick.
 *
 * Data goes to `terminal.out` and nothing else does; progress and messages go to `terminal.note`. With `--json`, call
 * `terminal.json(value)` once. Throw a coded error for what the user can repair: main renders it and exits with 2.
 * Any other exception is an internal error: main prints a report block and exits with 3.
 */
export interface Command {
  readonly name: string
  readonly summary: string
  /** A few sentences under the summary in `footing help <name>`. */
  readonly description?: string
  readonly arguments?: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  readonly examples: readonly Example[]
  /** The page that tells more, from the repository's root: `docs/dev.md`. */
  readonly docs: string
  readonly run: (context: CommandContext) => Promise<ExitCode>
}
