// Reads package.json, workspace lists and compiler configurations of a tree; broken ones are named and passed by.
import { parse as parseYaml } from 'yaml'
import { compilePattern } from '../../discover/ignore-rules.ts'
import type { Manifests, PackageManifest } from './contract.ts'
import { parseLooseJson } from './loose-json.ts'
import { folderOf, joinPath } from './paths.ts'
import { readCompilers } from './read-compilers.ts'

/** Where manifests come from: paths of the tree, and their text. */
export interface ManifestSource {
  readonly paths: readonly string[]
  /** Undefined for what is missing, not readable or too long. */
  read(path: string): string | undefined
}

const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']
const ENTRIES = ['source', 'module', 'main', 'types', 'typings']
const LINK = /^(?:file|link|workspace|portal):/

/** Whether a path is a manifest that decides where imports lead. */
const isManifest = (path: string): boolean =>
  /(?:^|\/)(?:package\.json|pnpm-workspace\.yaml|lerna\.json|rush\.json|tsconfig(?:\.[\w-]+)*\.json|jsconfig\.json)$/.test(
    path,
  )

/** Reads the manifests of a tree. */
export function readManifests(source: ManifestSource): Manifests {
  const problems: { path: string; reason: string }[] = []
  const known = new Map<string, unknown>()
  const wanted = source.paths.filter(isManifest)
  const present = new Set(wanted)
  const read = (path: string): unknown => {
    if (known.has(path)) return known.get(path)
    known.set(path, undefined)
    // A configuration may extend any JSON file of the tree.
    const text = present.has(path) || path.endsWith('.json') ? source.read(path) : undefined
    if (text === undefined) {
      if (present.has(path)) problems.push({ path, reason: 'the file cannot be read' })
      return undefined
    }
    try {
      const value: unknown = path.endsWith('.yaml') ? parseYaml(text) : parseLooseJson(text)
      known.set(path, value)
      return value
    } catch (error) {
      problems.push({ path, reason: `no ${path.endsWith('.yaml') ? 'YAML' : 'JSON'}: ${firstLine(error)}` })
      return undefined
    }
  }
  const contents = wanted
    .filter((path) => path.endsWith('package.json'))
    .map((path) => [path, object(read(path))] as const)
  const isWorkspace = workspaces(wanted, read)
  const packages = contents
    .flatMap(([path, content]) =>
      content === undefined ? [] : [packageOf(path, content, isWorkspace(folderOf(path)))],
    )
    .sort((a, b) => (a.folder < b.folder ? -1 : 1))
  return { packages, compilers: readCompilers(wanted, read, packages), problems }
}

function packageOf(path: string, content: Readonly<Record<string, unknown>>, isWorkspace: boolean): PackageManifest {
  const declared = DEPENDENCIES.flatMap((kind) => Object.entries(object(content[kind]) ?? {}))
  const entries = ENTRIES.flatMap((key) => (typeof content[key] === 'string' ? [content[key]] : []))
  return {
    folder: folderOf(path),
    path,
    name: typeof content.name === 'string' ? content.name : '',
    isWorkspace,
    dependencies: [...new Set(declared.map(([name]) => name))].sort(),
    linked: declared.flatMap(([name, range]) => (typeof range === 'string' && LINK.test(range) ? [name] : [])).sort(),
    entries,
    hasExports: content.exports !== undefined,
    exports: content.exports,
    imports: content.imports,
    programs: typeof content.bin === 'string' ? [folderOf(path)] : Object.keys(object(content.bin) ?? {}).sort(),
    scripts: Object.entries(object(content.scripts) ?? {}).flatMap(([name, command]) =>
      typeof command === 'string' ? [[name, command.slice(0, 1000)] as const] : [],
    ),
    isPublished: content.private !== true && typeof content.name === 'string' && typeof content.version === 'string',
    isForBrowser: ['browser', 'unpkg', 'jsdelivr'].some((key) => typeof content[key] === 'string'),
  }
}

/** Whether a folder is a workspace of some list above it. */
function workspaces(paths: readonly string[], read: (path: string) => unknown): (folder: string) => boolean {
  const lists: { readonly base: string; readonly wanted: readonly RegExp[]; readonly refused: readonly RegExp[] }[] = []
  const exact = new Set<string>()
  for (const path of paths) {
    const base = folderOf(path)
    const globs = globsOf(path, object(read(path)))
    if (path.endsWith('rush.json')) {
      for (const folder of globs) exact.add(joinPath(base, folder) ?? '')
      continue
    }
    if (globs.length === 0) continue
    const compile = (list: readonly string[]): RegExp[] =>
      list.flatMap((glob) => compilePattern(glob.replace(/^\.\//, '').replace(/\/(?:package\.json)?$/, '')) ?? [])
    const refused = compile(globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)))
    lists.push({ base, wanted: compile(globs.filter((glob) => !glob.startsWith('!'))), refused })
  }
  return (folder) =>
    exact.has(folder) ||
    lists.some(({ base, wanted, refused }) => {
      if (base !== '' && !folder.startsWith(`${base}/`)) return false
      const below = base === '' ? folder : folder.slice(base.length + 1)
      return below !== '' && wanted.some((glob) => glob.test(below)) && !refused.some((glob) => glob.test(below))
    })
}

function globsOf(path: string, content: Readonly<Record<string, unknown>> | undefined): string[] {
  if (content === undefined) return []
  if (path.endsWith('rush.json')) {
    const projects = Array.isArray(content.projects) ? content.projects : []
    return projects.flatMap((one: unknown) => {
      const folder = object(one)?.projectFolder
      return typeof folder === 'string' ? [folder] : []
    })
  }
  const field = path.endsWith('package.json')
    ? content.workspaces
    : /(?:pnpm-workspace\.yaml|lerna\.json)$/.test(path)
      ? content.packages
      : undefined
  const list: unknown = Array.isArray(field) ? field : object(field)?.packages
  return Array.isArray(list) ? list.filter((glob): glob is string => typeof glob === 'string') : []
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? ''

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  // A JSON object has string keys and unknown values.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}
