// Declared dependencies: requirements files, pyproject.toml, Pipfile, setup.cfg, setup.py.
import { parse } from 'smol-toml'
import type { ConsoleScript, Dependency } from './contract.ts'
import { consoleScriptsIn, consoleScriptsOf } from './started-code.ts'
import { asList, asMap, asText } from './yaml-documents.ts'

/** Dependencies of one manifest; `problem` is empty when it was read. */
export interface DependencyResult {
  readonly dependencies: readonly Dependency[]
  readonly scripts: readonly ConsoleScript[]
  readonly problem: string
}

const DEVELOPMENT = /dev|test|lint|doc|typing|type|ci\b|format|check|mypy|style|bench/i

/** Lower case, runs of `-`, `_` and `.` are one hyphen (PEP 503). */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

/** Reads requirements.txt and its kin; options, URLs and included files are passed over. */
export function readRequirements(path: string, text: string): DependencyResult {
  const group = DEVELOPMENT.test(path.slice(path.lastIndexOf('/') + 1)) ? 'development' : 'runtime'
  const dependencies = text.split(/\r?\n/).flatMap((line, index) => requirement(line, path, index + 1, group))
  return { dependencies, scripts: [], problem: '' }
}

/** Reads the tables of PEP 621, PEP 735, Poetry, PDM, uv and Pipfile. */
export function readToml(path: string, text: string): DependencyResult {
  let root: Readonly<Record<string, unknown>> | undefined
  try {
    root = asMap(parse(text))
  } catch (error) {
    const line = typeof error === 'object' && error !== null && 'line' in error ? asText(error.line) : ''
    return { dependencies: [], scripts: [], problem: line === '' ? 'not valid TOML' : `not valid TOML at line ${line}` }
  }
  const lineOf = lineFinder(text)
  const found: Dependency[] = []
  const addList = (list: unknown, group: Dependency['group']) => {
    for (const item of asList(list)) {
      for (const dependency of requirement(asText(item), path, 1, group)) {
        found.push({ ...dependency, place: { path, line: lineOf(asText(item)) } })
      }
    }
  }
  const addTable = (table: unknown, group: Dependency['group']) => {
    for (const [name, value] of Object.entries(asMap(table) ?? {})) {
      if (name.toLowerCase() === 'python') continue
      const specifier = asText(value) || asText(asMap(value)?.version)
      found.push({ name: normaliseName(name), specifier, place: { path, line: lineOf(name) }, group })
    }
  }
  const project = asMap(root?.project)
  addList(project?.dependencies, 'runtime')
  for (const [name, list] of Object.entries(asMap(project?.['optional-dependencies']) ?? {}))
    addList(list, groupOf(name))
  for (const [name, list] of Object.entries(asMap(root?.['dependency-groups']) ?? {})) addList(list, groupOf(name))
  const tool = asMap(root?.tool)
  const poetry = asMap(tool?.poetry)
  addTable(poetry?.dependencies, 'runtime')
  addTable(poetry?.['dev-dependencies'], 'development')
  for (const [name, table] of Object.entries(asMap(poetry?.group) ?? {}))
    addTable(asMap(table)?.dependencies, groupOf(name))
  addList(asMap(tool?.uv)?.['dev-dependencies'], 'development')
  addTable(root?.packages, 'runtime')
  addTable(root?.['dev-packages'], 'development')
  return { dependencies: found, scripts: consoleScriptsOf(root, path, lineOf), problem: '' }
}

/** Reads `install_requires` of setup.cfg, or of setup.py as text: the file is never run. */
export function readSetup(path: string, text: string): DependencyResult {
  const lines = text.split(/\r?\n/)
  const start = lines.findIndex((line) => /\binstall_requires\s*=/.test(line))
  const scripts = consoleScriptsIn(path, text)
  if (start < 0) return { dependencies: [], scripts, problem: '' }
  const found: Dependency[] = []
  for (const [offset, line] of lines.slice(start, start + 400).entries()) {
    if (path.endsWith('.cfg')) {
      if (offset > 0 && /^\S/.test(line)) break
      found.push(...requirement(line.replace(/^\s*install_requires\s*=/, ''), path, start + offset + 1, 'runtime'))
    } else {
      for (const [, text = ''] of line.matchAll(/["']([^"']+)["']/g))
        found.push(...requirement(text, path, start + offset + 1, 'runtime'))
      if (line.includes(']')) break
    }
  }
  return { dependencies: found, scripts, problem: '' }
}

function requirement(line: string, path: string, number: number, group: Dependency['group']): Dependency[] {
  const text = line
    .replace(/(^|\s)#.*$/, '')
    .trim()
    .slice(0, 500)
  const match = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;@]*)/.exec(text)
  if (match === null || text.startsWith('-') || (text.includes('://') === true && !text.includes('@'))) return []
  const specifier = (match[2] ?? '')
    .replace(/\s*\\$/, '')
    .replace(/\s*--.*$/, '')
    .trim()
  if (specifier !== '' && !/^[(<>=!~^*\d]/.test(specifier)) return []
  return [{ name: normaliseName(match[1] ?? ''), specifier, place: { path, line: number }, group }]
}

function groupOf(name: string): Dependency['group'] {
  return DEVELOPMENT.test(name) ? 'development' : 'runtime'
}

function lineFinder(text: string): (part: string) => number {
  const lines = text.split(/\r?\n/)
  const first = new Map<string, number>()
  for (const [index, line] of lines.entries()) {
    const word = /^\s*["']?([A-Za-z0-9][\w.-]*)/.exec(line)?.[1]
    if (word !== undefined && !first.has(word)) first.set(word, index + 1)
  }
  return (part) => {
    const word = /^[A-Za-z0-9][\w.-]*/.exec(part)?.[0] ?? part
    return first.get(word) ?? Math.max(1, lines.findIndex((line) => line.includes(part)) + 1)
  }
}
