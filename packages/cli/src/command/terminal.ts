// The terminal owns stdout, stderr, colour, width and whether anybody is watching; nothing else prints.
import { stripVTControlCharacters, styleText } from 'node:util'

/** Where text ends up. Process streams satisfy it; tests give an array-backed one. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'underline'

/** How `--color` / `--no-color` was given; undefined when it was not. */
export type ColorChoice = boolean | undefined

export interface Terminal {
  /** Writes a line of data to stdout. With `--json` on it writes nothing: use `json`. */
  out(line?: string): void
  /** Writes a line for a person to stderr; silent with `--quiet`. */
  note(line?: string): void
  /** Writes a line for a person to stderr, also with `--quiet`: faults. */
  fault(line?: string): void
  /** Writes the one JSON document of a `--json` run to stdout; `schemaVersion` comes first. */
  json(value: object): void
  /** Writes text to stdout as it is (reports that are files, `-`). */
  raw(text: string): void
  /** Styles text for stdout, or leaves it plain. */
  readonly style: (text: string, ...styles: readonly Style[]) => string
  /** Styles text for stderr, or leaves it plain. */
  readonly noteStyle: (text: string, ...styles: readonly Style[]) => string
  /** Columns of stdout; 80 when it is not a terminal. */
  readonly width: number
  /** True when a person watches stderr and cursor codes are understood: only then may a line be redrawn. */
  readonly live: boolean
  /** True when stdin and stderr are both terminals and this is no CI: only then may a question be asked. */
  readonly interactive: boolean
  /** True when `--json` was given. */
  readonly wantsJson: boolean
  /** False when the locale or `TERM=dumb` asks for ASCII. */
  readonly unicode: boolean
  readonly verbose: boolean
}

export interface TerminalInput {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly stdinIsTTY?: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly color?: ColorChoice
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
}

/** The version of the envelope of every `--json` document; a field is only added within one version. */
const jsonSchemaVersion = 1

/** Builds the terminal from streams and environment, deciding colour once per stream. */
export function createTerminal(input: TerminalInput): Terminal {
  const { stdout, stderr, env, json = false, quiet = false, verbose = false } = input
  const paint = (colored: boolean) =>
    colored
      ? (text: string, ...styles: readonly Style[]) => styleText([...styles], text, { validateStream: false })
      : (text: string) => text
  const smart = env.TERM !== 'dumb' && !isCi(env)
  return {
    out: (line = '') => {
      if (!json) stdout.write(`${line}\n`)
    },
    note: (line = '') => {
      if (!quiet) stderr.write(`${line}\n`)
    },
    fault: (line = '') => {
      stderr.write(`${line}\n`)
    },
    json: (value) => {
      stdout.write(`${JSON.stringify({ schemaVersion: jsonSchemaVersion, ...value }, undefined, 2)}\n`)
    },
    raw: (text) => {
      stdout.write(text)
    },
    style: paint(wantsColor(stdout, env, input.color)),
    noteStyle: paint(wantsColor(stderr, env, input.color)),
    width: stdout.isTTY === true ? Math.max(40, stdout.columns || 80) : 80,
    live: stderr.isTTY === true && smart && !quiet,
    interactive: stderr.isTTY === true && input.stdinIsTTY === true && smart,
    wantsJson: json,
    unicode: speaksUnicode(env),
    verbose,
  }
}

/** NO_COLOR, then the flag, then FORCE_COLOR, then whether the stream is a terminal that is not dumb. */
export function wantsColor(
  stream: Pick<TextStream, 'isTTY'>,
  env: Readonly<Record<string, string | undefined>>,
  choice: ColorChoice,
): boolean {
  if (isSet(env.NO_COLOR)) return false
  if (choice !== undefined) return choice
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** How many columns a text takes: escape codes are nothing, East Asian wide characters and emoji are two. */
export function displayWidth(text: string): number {
  let columns = 0
  for (const { segment } of graphemes().segment(stripVTControlCharacters(text))) {
    columns += wide.test(segment) ? 2 : 1
  }
  return columns
}

/** Pads a text with spaces on the right to a number of columns. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
}

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u

let segmenter: Intl.Segmenter | undefined
function graphemes(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

function isCi(env: Readonly<Record<string, string | undefined>>): boolean {
  return isSet(env.CI) && env.CI !== 'false' && env.CI !== '0'
}

function speaksUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.TERM === 'dumb') return false
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return locale === undefined || /utf-?8/i.test(locale)
}
