// tsconfig.json and jsconfig.json: aliases, base folder and conditions, with everything that they extend.
import type { CompilerManifest, PackageManifest, PathAlias } from './contract.ts'
import { folderOf, joinPath } from './paths.ts'

/** A parsed file, undefined when it is missing or broken. */
export type ReadJson = (path: string) => unknown

interface Options {
  baseUrl?: string | undefined
  paths?: { readonly folder: string; readonly map: Readonly<Record<string, unknown>> }
  conditions?: readonly string[]
  keeps?: boolean
  outDir?: string | undefined
  rootDir?: string | undefined
}

const MAX_DEPTH = 20
/** The folder of the configuration that is asked about, written in one that it extends. */
const CONFIG_FOLDER = /\$\{configDir\}/

/** One compiler for each folder that has a configuration. */
export function readCompilers(
  paths: readonly string[],
  read: ReadJson,
  packages: readonly PackageManifest[],
): CompilerManifest[] {
  const byFolder = new Map<string, string[]>()
  for (const path of paths) {
    const base = path.slice(path.lastIndexOf('/') + 1)
    if (!/^(?:tsconfig(?:\.[\w-]+)*|jsconfig)\.json$/.test(base)) continue
    const folder = folderOf(path)
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), path])
  }
  const names = new Map(packages.map((one) => [one.name, one.folder]))
  const found: CompilerManifest[] = []
  for (const [folder, files] of [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const options = optionsOf(folder, files, read, names)
    if (options === undefined) continue
    const { path, merged } = options
    found.push({
      folder,
      path,
      baseUrl: merged.baseUrl,
      aliases: aliasesOf(merged),
      conditions: merged.conditions ?? [],
      keepsUnusedImports: merged.keeps ?? false,
      outDir: merged.outDir,
      rootDir: merged.rootDir,
    })
  }
  return found
}

/**
 * The options of a folder: those of tsconfig.json; of the projects that it refers to in the same folder when it only
 * lists those; of any other tsconfig.*.json when there is no tsconfig.json.
 */
function optionsOf(
  folder: string,
  files: readonly string[],
  read: ReadJson,
  names: ReadonlyMap<string, string>,
): { readonly path: string; readonly merged: Options } | undefined {
  const main = ['tsconfig.json', 'jsconfig.json'].map((name) => (folder === '' ? name : `${folder}/${name}`))
  const path = main.find((one) => files.includes(one))
  const others = files.filter((one) => !main.includes(one)).sort()
  if (path === undefined) {
    // `tsconfig.base.json` alone is there to be extended from below, which its aliases are found through.
    const first = others.find((one) => !/tsconfig\.(?:base|eslint|test|spec)\.json$/.test(one)) ?? others[0]
    return first === undefined ? undefined : { path: first, merged: extended(first, read, names, new Set(), 0) }
  }
  const merged = extended(path, read, names, new Set(), 0)
  if (merged.paths !== undefined || merged.baseUrl !== undefined) return { path, merged }
  for (const reference of listOf(object(read(path))?.references)) {
    const to = object(reference)?.path
    if (typeof to !== 'string') continue
    const target = joinPath(folder, to)
    const file = target === undefined ? undefined : others.find((one) => one === target || one === `${target}.json`)
    if (file === undefined) continue
    const inner = extended(file, read, names, new Set(), 0)
    if (inner.paths !== undefined || inner.baseUrl !== undefined) return { path: file, merged: { ...merged, ...inner } }
  }
  return { path, merged }
}

function extended(
  path: string,
  read: ReadJson,
  names: ReadonlyMap<string, string>,
  seen: Set<string>,
  depth: number,
): Options {
  // A circle of `extends` is an error of the compiler; here each file counts once.
  if (seen.has(path) || depth > MAX_DEPTH) return {}
  seen.add(path)
  const config = object(read(path))
  if (config === undefined) return {}
  const folder = folderOf(path)
  let options: Options = {}
  const bases = typeof config.extends === 'string' ? [config.extends] : listOf(config.extends)
  for (const base of bases) {
    if (typeof base !== 'string') continue
    for (const candidate of extendedFiles(folder, base, names)) {
      if (object(read(candidate)) === undefined) continue
      options = { ...options, ...extended(candidate, read, names, seen, depth + 1) }
      break
    }
  }
  return { ...options, ...own(object(config.compilerOptions) ?? {}, folder) }
}

/** Where `extends` may lead: a file beside, or a file of a workspace package. */
function extendedFiles(folder: string, base: string, names: ReadonlyMap<string, string>): string[] {
  let target: string | undefined
  if (base.startsWith('.')) target = joinPath(folder, base)
  else {
    const name = base.split('/', base.startsWith('@') ? 2 : 1).join('/')
    const home = names.get(name)
    if (home !== undefined) target = joinPath(home, base.slice(name.length + 1))
  }
  if (target === undefined) return []
  return target.endsWith('.json') ? [target] : [`${target}.json`, joinPath(target, 'tsconfig.json') ?? '']
}

function own(compiler: Readonly<Record<string, unknown>>, folder: string): Options {
  const options: Options = {}
  const place = (key: string): string | undefined => {
    const value = compiler[key]
    return typeof value === 'string' ? joinPath(folder, value.replace(CONFIG_FOLDER, '.')) : undefined
  }
  if (typeof compiler.baseUrl === 'string') options.baseUrl = place('baseUrl')
  const paths = object(compiler.paths)
  if (paths !== undefined) options.paths = { folder, map: paths }
  if (Array.isArray(compiler.customConditions)) options.conditions = texts(compiler.customConditions)
  const keeps = compiler.verbatimModuleSyntax ?? compiler.preserveValueImports
  if (typeof keeps === 'boolean') options.keeps = keeps
  else if (compiler.importsNotUsedAsValues === 'preserve') options.keeps = true
  if (typeof compiler.outDir === 'string') options.outDir = place('outDir')
  if (typeof compiler.rootDir === 'string') options.rootDir = place('rootDir')
  return options
}

function aliasesOf({ paths, baseUrl }: Options): PathAlias[] {
  if (paths === undefined) return []
  const from = baseUrl ?? paths.folder
  return Object.entries(paths.map).map(([pattern, targets]) => ({
    pattern,
    targets: texts(targets).flatMap((target) => joinPath(from, target.replace(CONFIG_FOLDER, '.')) ?? []),
  }))
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const texts = (value: unknown): string[] => listOf(value).filter((one): one is string => typeof one === 'string')

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  // A JSON object has string keys and unknown values.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}
