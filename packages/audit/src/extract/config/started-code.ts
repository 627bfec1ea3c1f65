// Command lines as data: which modules, files and programs of the tree they start.
import type { Place } from '../../facts/place.ts'
import { splitWords } from './command-line.ts'
import type { ConsoleScript, StartedCode } from './contract.ts'
import { asMap, asText } from './yaml-documents.ts'

const PYTHON = /(?:^|\/)python(?:\d(?:\.\d+)?)?$|^\$\{?\w*PY(?:THON)?\w*(?::-.*)?\}?$/i
const NODE = /(?:^|\/)(?:node|bun|tsx|ts-node|ts-node-dev|nodemon)$/
/** Words that only start what comes after them. */
const WRAPPERS =
  /(?:^|\/)(?:exec|sudo|env|nohup|tini|dumb-init|poetry|uv|pipenv|rye|hatch|pdm|run|time|opentelemetry-instrument|ddtrace-run|newrelic-admin|run-program|bash|sh|-c|--|cross-env|dotenv|npx|pnpm|yarn|exec-user)$/
const FILE = /^[\w./$"{}-]*\.(?:py|[cm]?[jt]s)$/
/** Commands of the shell and of package managers, after which no program of the tree comes. */
const SHELL =
  /^(?:cd|echo|if|then|else|fi|for|do|done|while|test|\[|\[\[|export|set|source|\.|cp|mv|rm|mkdir|chmod|chown|apt-get|apk|pip|pip3|npm|curl|wget|cat|grep|sed|awk|sleep|true|false|exit|return|local|ln|find|tar|git|make)$/
const MAX_COMMAND = 20_000

/** What a command line starts of the tree, in order. Several commands joined by `&&`, `;`, `|` or `&` are each looked at. */
export function startedBy(command: string, place: Place, service: string): StartedCode[] {
  const found: StartedCode[] = []
  // `2>&1` joins no commands.
  for (const part of command
    .slice(0, MAX_COMMAND)
    .replace(/\d?[<>]&\d/g, '')
    .split(/&&|\|\||[;\n|&]/)) {
    const words = splitWords(part)
    const started = firstStart(words)
    if (started === undefined) continue
    found.push({ ...started, place, service, command: part.trim().slice(0, 120) })
  }
  return found
}

function firstStart(words: readonly string[]): Pick<StartedCode, 'how' | 'target'> | undefined {
  const at = words.findIndex((word) => PYTHON.test(word) || NODE.test(word))
  if (at >= 0 && !words.slice(0, at).some((word) => SHELL.test(word))) {
    for (let next = at + 1; next < words.length; next++) {
      const word = words[next] ?? ''
      if (word === '-m') return { how: 'module', target: words[next + 1] ?? '' }
      if (word === '-c' || word === '-e' || word === '-') return undefined
      if (FILE.test(word)) return { how: 'file', target: fileOf(word) }
      // `node dist/main`: the ending may be left out.
      if (NODE.test(words[at] ?? '') && /^[\w./-]+$/.test(word) && !word.startsWith('-'))
        return { how: 'file', target: fileOf(word) }
      if (!word.startsWith('-')) return undefined
    }
    return undefined
  }
  if (at >= 0) return undefined
  const first = words.find((word) => !WRAPPERS.test(word) && !/^[A-Z_]+=/.test(word))
  if (first === undefined || SHELL.test(first)) return undefined
  if (FILE.test(first)) return { how: 'file', target: fileOf(first) }
  return /^[\w./-]+$/.test(first) ? { how: 'program', target: first.slice(first.lastIndexOf('/') + 1) } : undefined
}

/** Without `./`, variables of the shell in front, and the root of the image. */
function fileOf(word: string): string {
  return word.replace(/^(?:\$\{?\w+\}?|\.)\//, '').replace(/^\.?\//, '')
}

/** Console scripts of pyproject.toml: PEP 621 and Poetry. */
export function consoleScriptsOf(
  root: Readonly<Record<string, unknown>> | undefined,
  path: string,
  lineOf: (part: string) => number,
): ConsoleScript[] {
  const tables = [asMap(root?.project)?.scripts, asMap(asMap(asMap(root?.tool)?.poetry))?.scripts]
  return tables.flatMap((table) =>
    Object.entries(asMap(table) ?? {}).flatMap(([name, value]) =>
      script(name, asText(value) || asText(asMap(value)?.reference) || asText(asMap(value)?.callable), {
        path,
        line: lineOf(name),
      }),
    ),
  )
}

/** `name = package.module:function` below `console_scripts` of setup.cfg or setup.py, read as text. */
export function consoleScriptsIn(path: string, text: string): ConsoleScript[] {
  const lines = text.split(/\r?\n/)
  const start = lines.findIndex((line) => line.includes('console_scripts'))
  if (start < 0) return []
  const found: ConsoleScript[] = []
  for (const [offset, line] of lines.slice(start, start + 200).entries()) {
    const match = /["']?\s*([\w.-]+)\s*=\s*([\w.]+):[\w.]+/.exec(line)
    if (match !== null) found.push(...script(match[1] ?? '', match[2] ?? '', { path, line: start + offset + 1 }))
    if (offset > 0 && /\]|^\[/.test(line)) break
  }
  return found
}

function script(name: string, target: string, place: Place): ConsoleScript[] {
  const module = target.split(':')[0] ?? ''
  return /^[\w.]+$/.test(module) ? [{ name, module, place }] : []
}
