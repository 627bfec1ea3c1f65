// Names files of TypeScript and JavaScript as modules, and finds the module that a specifier means.
import type { Manifests } from '../../extract/manifests/contract.ts'
import { folderOf } from '../../extract/manifests/paths.ts'
import type { Module, ModuleId } from '../contract.ts'
import { type Resolution, type SpecifierResolver, specifierResolver } from '../resolution/resolve-specifier.ts'
import type { ModuleMap } from './module-map.ts'

/** A module map that also tells where a specifier leads that is no module. */
export interface TypeScriptModuleMap extends ModuleMap {
  readonly language: 'typescript'
  readonly resolver: SpecifierResolver
  /** Where a specifier leads, with the module of a file that is one (-1 for others). */
  resolve(from: ModuleId, specifier: string): { readonly module: ModuleId; readonly resolution: Resolution }
}

/** Builds the map. `paths` are those of the modules, in audit order; `files` every file of the tree. */
export function mapTypeScriptModules(
  paths: readonly string[],
  files: readonly string[],
  manifests: Manifests,
): TypeScriptModuleMap {
  const idOf = new Map(paths.map((path, id) => [path, id]))
  const resolver = specifierResolver([...new Set([...files, ...paths])], manifests)
  const folders = paths.map(folderOf)
  const roots = sourceRoots(paths, folders, resolver)
  const resolve = (from: ModuleId, specifier: string): { module: ModuleId; resolution: Resolution } => {
    const resolution = resolver.resolve(paths[from]!, specifier)
    return { module: resolution.to === 'file' ? (idOf.get(resolution.path) ?? -1) : -1, resolution }
  }
  return {
    language: 'typescript',
    paths,
    names: paths.map(moduleName),
    roots,
    isPackage: paths.map((path) => /(?:^|\/)index\.(?:d\.)?[cm]?[jt]sx?$/.test(path)),
    roles: paths.map(roleOf),
    folders,
    resolver,
    resolve,
    find: (specifier, from) => resolve(from, specifier).module,
    findBelow: () => -1,
    submodule: () => -1,
    mayOwn: () => false,
    byName: () => [],
  }
}

/** The path without its ending. */
const moduleName = (path: string): string => path.replace(/(?:\.d)?\.[cm]?[jt]sx?$/, '')

/** The folder that a package keeps its sources in: `src` where it has one, else the package itself. */
function sourceRoots(paths: readonly string[], folders: readonly string[], resolver: SpecifierResolver): string[] {
  const all = new Set(
    folders.flatMap((folder) => folder.split('/').map((_, at, all) => all.slice(0, at + 1).join('/'))),
  )
  return paths.map((path) => {
    const home = resolver.packageOf(path)?.folder ?? ''
    const src = home === '' ? 'src' : `${home}/src`
    return all.has(src) && (path.startsWith(`${src}/`) || path === src) ? src : home
  })
}

const TEST_FOLDER =
  /(?:^|\/)(?:tests?|__tests__|__mocks__|__fixtures__|testing|test-utils?|fixtures|mocks|e2e|[\w.-]+-e2e|e2e-[\w.-]+|specs?|cypress|playwright|benchmarks?|bench|integration-tests?)(?:\/|$)/
const TEST_FILE =
  /(?:\.|-|_)(?:test|spec|e2e|e2e-spec|bench|stories|story|mock|cy|test-d|fixtures?)\.[cm]?[jt]sx?$|(?:^|\/)(?:jest|vitest|playwright|cypress|karma|mocha)[\w.-]*\.[cm]?[jt]s$|(?:^|\/)(?:setup-?tests?)\.[cm]?[jt]s$/i
const MIGRATION = /(?:^|\/)(?:migrations?|seeds?|seeders?)(?:\/|$)/
const EXAMPLE =
  /(?:^|\/)(?:examples?|samples?|docs?|demos?|tutorials?|playgrounds?|sandbox|storybook|\.storybook|templates?)(?:\/|$)/
const SCRIPT = /(?:^|\/)(?:scripts?|bin|tools?|hack|ci|\.github|dev|devtools|build-tools|\.ci|gulp|codemods?)(?:\/|$)/
const SETTINGS =
  /(?:^|\/)(?:\.?[\w-]+\.config|\.[\w-]+rc|gulpfile|gruntfile|ormconfig|knexfile)(?:\.[\w-]+)?\.[cm]?[jt]s$/i

/** What a file is for, by the conventions of test runners, build tools and migration tools. */
function roleOf(path: string): Module['role'] {
  if (/\.d\.[cm]?ts$/.test(path)) return 'stub'
  const folder = folderOf(path)
  const inner = folder.toLowerCase()
  if (TEST_FILE.test(path) || TEST_FOLDER.test(inner)) return 'test'
  if (MIGRATION.test(inner)) return 'migration'
  if (EXAMPLE.test(inner)) return 'example'
  // A folder of that name among the sources of a package is part of it: `src/tools`.
  if (SCRIPT.test(inner.replace(/(?:^|\/)(?:src|app|lib)\/.*$/, ''))) return 'script'
  return SETTINGS.test(path) ? 'configuration' : 'code'
}
