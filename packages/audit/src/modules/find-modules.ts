// Finds the modules of a TypeScript project: by manifests, by settings, by workspace packages, by usual folder names.
import { compilePattern } from '../discover/ignore-rules.ts'
import { Kind } from '../facts/contract.ts'
import type { Place } from '../facts/place.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { Module, Program } from '../graph/contract.ts'
import type { BoundaryContext, BoundaryModel, BoundaryModule, ModuleOrigin } from './boundary-model.ts'
import { exportedKeys, type FaceSource, faceOf } from './module-face.ts'
import { isManifestPath, type ReadManifest, readEventContract, readModuleManifest } from './read-module-manifest.ts'

/** A module before it has its number. */
interface Candidate extends Omit<BoundaryModule, 'id' | 'parent'> {}

interface Found {
  readonly candidates: readonly Candidate[]
  readonly problems: BoundaryModel['problems']
}

const models = new WeakMap<Program, BoundaryModel>()

/** The modules of a program; found once for each. Empty for a language without such folders. */
export function boundaryModel(context: BoundaryContext): BoundaryModel {
  const known = models.get(context.program)
  if (known !== undefined) return known
  const model = findModules(context)
  models.set(context.program, model)
  return model
}

function findModules(context: BoundaryContext): BoundaryModel {
  if (context.language !== 'typescript') return { modules: [], of: new Int32Array(0), problems: [] }
  const declared = [byManifests(context), bySettings(context), byWorkspaces(context)]
  const taken = new Set(declared.flatMap(({ candidates }) => candidates.map(({ folder }) => folder)))
  const inner = declared[0]!.candidates.length + declared[1]!.candidates.length > 0
  // Whoever has declared modules has said where they are: nothing is guessed beside them.
  const guessed = inner ? [] : byFolders(context, taken)
  const modules = numbered([...declared.flatMap(({ candidates }) => candidates), ...guessed])
  const model = {
    modules,
    of: placeFiles(context.program.modules, modules),
    problems: [...declared.flatMap(({ problems }) => problems), ...unknownNames(context, modules)],
  }
  return model
}

/** Sorts by folder, drops a second declaration of the same folder, and finds the module around each. */
function numbered(candidates: readonly Candidate[]): BoundaryModule[] {
  const byFolder = new Map<string, Candidate>()
  // The surest origin comes first in the list, so that the first one of a folder wins.
  for (const candidate of candidates) if (!byFolder.has(candidate.folder)) byFolder.set(candidate.folder, candidate)
  const sorted = [...byFolder.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1))
  const ids = new Map(sorted.map(({ folder }, id) => [folder, id]))
  const often = new Map<string, number>()
  for (const { name } of sorted) often.set(name, (often.get(name) ?? 0) + 1)
  return sorted.map((candidate, id) => ({
    ...candidate,
    id,
    name: (often.get(candidate.name) ?? 0) > 1 ? candidate.folder : candidate.name,
    parent: innermost(parentOf(candidate.folder), ids),
  }))
}

function placeFiles(files: readonly Module[], modules: readonly BoundaryModule[]): Int32Array {
  const ids = new Map(modules.map(({ folder, id }) => [folder, id]))
  const known = new Map<string, number>()
  return Int32Array.from(files, ({ path }) => {
    const folder = parentOf(path)
    let id = known.get(folder)
    if (id === undefined) {
      id = innermost(folder, ids)
      known.set(folder, id)
    }
    return id
  })
}

function innermost(folder: string, ids: ReadonlyMap<string, number>): number {
  for (let at = folder; at !== ''; at = parentOf(at)) {
    const id = ids.get(at)
    if (id !== undefined) return id
  }
  return -1
}

function byManifests(context: BoundaryContext): Found {
  const { program, trees } = context
  const read = program.modules.flatMap(({ id, path, role }) => {
    if ((role !== 'code' && role !== 'configuration') || !isManifestPath(path) || !path.includes('/')) return []
    const manifest = readModuleManifest(trees[id]!)
    return manifest === undefined ? [] : [{ id, path, manifest }]
  })
  // Two applications of a repository may each have a module of one name.
  const often = (name: string): boolean => read.filter(({ manifest }) => manifest.name === name).length > 1
  const nameAt = new Map(
    read.map(({ id, path, manifest: { name } }) => [id, often(name) ? `${name} (${parentOf(path)})` : name]),
  )
  const nameIn = new Map(read.map(({ id, path }) => [parentOf(path), nameAt.get(id) ?? '']))
  const candidates = read.map(({ id, path, manifest }): Candidate => {
    const folder = parentOf(path)
    const contracts = manifest.hears.flatMap(
      (variable) => program.modules[importedBy(context, id, variable)]?.path ?? [],
    )
    const own = manifest.eventsFrom === undefined ? undefined : trees[importedBy(context, id, manifest.eventsFrom)]
    return {
      name: nameAt.get(id) ?? manifest.name,
      folder,
      origin: 'manifest',
      declaredAt: { path, line: manifest.line },
      face: { kind: 'files', files: new Set([path]), package: '', exports: undefined, words: baseName(path) },
      needs: needsOf(context, id, manifest, nameAt),
      owner: manifest.owner,
      tables: manifest.tables,
      reads: manifest.reads,
      operations: manifest.operations,
      events: own === undefined ? manifest.events : readEventContract(own),
      hears: contracts.flatMap((contract) => nameIn.get(parentOf(contract)) ?? []),
      contracts: new Set(contracts),
    }
  })
  const problems = read.flatMap(({ path, manifest }) =>
    manifest.unread.map((field) => ({
      place: { path, line: manifest.line },
      what: `\`${field}\` of the module \`${manifest.name}\` is not written as a plain list, so it is not judged.`,
    })),
  )
  return { candidates, problems }
}

/** The variables in `needs` as module names: through the import of the manifest that declares them, else as they are called. */
function needsOf(
  context: BoundaryContext,
  file: number,
  { needs }: ReadManifest,
  nameAt: ReadonlyMap<number, string>,
): string[] | undefined {
  return needs?.map((variable) => nameAt.get(importedBy(context, file, variable)) ?? variable)
}

/** The file of the program that a variable of another file is imported from; -1 for none. */
function importedBy({ program, trees }: BoundaryContext, file: number, variable: string): number {
  const specifier = specifiersOf(trees[file]!).get(variable)
  const statement = program.imports.statementsOf(file).find((item) => item.specifier === specifier)
  return statement?.target.to === 'module' ? statement.target.module : -1
}

/** Where each imported local name of a file comes from, as written. */
function specifiersOf(tree: SyntaxTree): Map<string, string> {
  const found = new Map<string, string>()
  for (let node = tree.firstChild(0); node >= 0; node = tree.nextSibling(node)) {
    if (tree.kind(node) !== Kind.ImportFrom) continue
    for (let alias = tree.firstChild(node); alias >= 0; alias = tree.nextSibling(alias)) {
      const local = tree.firstChild(alias)
      found.set(local >= 0 && tree.kind(local) === Kind.AsName ? tree.text(local) : tree.text(alias), tree.text(node))
    }
  }
  return found
}

function bySettings(context: BoundaryContext): Found {
  const { settings, program } = context
  const globs = settings.boundaries.modules.map((glob) => ({ glob, pattern: folderPattern(glob) }))
  const problems: { place: Place; what: string }[] = []
  const folders = foldersOf(program.modules)
  const chosen: string[] = []
  for (const { glob, pattern } of globs) {
    const matched = pattern === undefined ? [] : [...folders.keys()].filter((folder) => pattern.test(folder))
    if (matched.length === 0) {
      problems.push({
        place: SETTINGS,
        what: `\`boundaries.modules\`: no folder with TypeScript files matches \`${glob}\`.`,
      })
    }
    chosen.push(...matched)
  }
  const candidates = [...new Set(chosen)].sort().map((folder): Candidate => {
    const name = baseName(folder)
    const { needs, tables, reads } = settings.boundaries
    const own = (lists: Readonly<Record<string, readonly string[]>>) =>
      Object.hasOwn(lists, name) ? lists[name] : undefined
    return {
      ...plain(name, folder, 'settings', { path: firstFile(folders, folder), line: 1 }),
      face: faceOf(context, { origin: 'settings', folder, globs: settings.boundaries.public }),
      needs: own(needs),
      tables: own(tables) ?? [],
      reads: new Map([['*', own(reads) ?? []]]),
    }
  })
  return { candidates, problems }
}

const SETTINGS: Place = { path: 'footing.config.json', line: 1 }

function folderPattern(glob: string): RegExp | undefined {
  return compilePattern(glob.replace(/^\.\//, '').replace(/\/+$/, ''))
}

/** Names in `needs`, `tables` and `reads` of the settings that are no module: a slip of the pen there would judge nothing. */
function unknownNames({ settings }: BoundaryContext, modules: readonly BoundaryModule[]): BoundaryModel['problems'] {
  const names = new Set(modules.filter(({ origin }) => origin === 'settings').map(({ folder }) => baseName(folder)))
  const { needs, tables, reads } = settings.boundaries
  return Object.entries({ needs, tables, reads }).flatMap(([field, lists]) => {
    const used = [...Object.keys(lists), ...(field === 'needs' ? Object.values(lists).flat() : [])]
    return [...new Set(used)]
      .filter((name) => !names.has(name))
      .map((name) => ({ place: SETTINGS, what: `\`boundaries.${field}\` names \`${name}\`, which is no module.` }))
  })
}

function byWorkspaces(context: BoundaryContext): Found {
  const folders = foldersOf(context.program.modules)
  const packages = context.manifests.packages.filter(
    ({ folder, isWorkspace }) => isWorkspace && folder !== '' && folders.has(folder),
  )
  // One package is no division of anything.
  if (packages.length < 2) return { candidates: [], problems: [] }
  const candidates = packages.map((own): Candidate => {
    const source: FaceSource = {
      origin: 'workspace',
      folder: own.folder,
      globs: [],
      package: { name: own.name, exports: own.hasExports ? exportedKeys(own.exports) : undefined },
      entries: own.entries,
    }
    return {
      ...plain(own.name === '' ? baseName(own.folder) : own.name, own.folder, 'workspace', {
        path: `${own.folder}/package.json`,
        line: 1,
      }),
      face: faceOf(context, source),
      // What a package above declares is installed beside this one as well.
      needs: context.manifests.packages
        .filter(({ folder }) => folder === '' || own.folder === folder || own.folder.startsWith(`${folder}/`))
        .flatMap(({ dependencies }) => dependencies),
    }
  })
  return { candidates, problems: [] }
}

/** Folders whose children are modules by custom, when they hold two or more folders with sources. */
const CONTAINERS = new Set([
  'modules',
  'features',
  'domains',
  'contexts',
  'bounded-contexts',
  'bounded_contexts',
  'libs',
])

function byFolders(context: BoundaryContext, taken: ReadonlySet<string>): Candidate[] {
  const folders = foldersOf(context.program.modules)
  const children = new Map<string, string[]>()
  for (const folder of folders.keys()) {
    const parent = parentOf(folder)
    if (!CONTAINERS.has(baseName(parent)) || taken.has(folder)) continue
    children.set(parent, [...(children.get(parent) ?? []), folder])
  }
  const containers = [...children.keys()].filter((container) => !liesInModule(container, children))
  return containers
    .filter((container) => (children.get(container) ?? []).length >= 2)
    .flatMap((container) => (children.get(container) ?? []).sort())
    .map((folder) => ({
      ...plain(baseName(folder), folder, 'folder', { path: firstFile(folders, folder), line: 1 }),
      face: faceOf(context, { origin: 'folder', folder, globs: [] }),
    }))
}

/** Whether a container lies inside of a module of another one: `modules/orders/modules` is the inside of orders. */
function liesInModule(container: string, children: ReadonlyMap<string, readonly string[]>): boolean {
  return [...children].some(
    ([other, folders]) =>
      other !== container && folders.length >= 2 && folders.some((folder) => container.startsWith(`${folder}/`)),
  )
}

function plain(name: string, folder: string, origin: ModuleOrigin, declaredAt: Place): Omit<Candidate, 'face'> {
  return {
    name,
    folder,
    origin,
    declaredAt,
    needs: undefined,
    owner: '',
    tables: [],
    reads: new Map(),
    operations: [],
    events: [],
    hears: [],
    contracts: new Set(),
  }
}

/** Every folder above a source of the product, with the first source below it. */
function foldersOf(files: readonly Module[]): ReadonlyMap<string, string> {
  const known = folderMaps.get(files)
  if (known !== undefined) return known
  const folders = new Map<string, string>()
  for (const { path, role } of files) {
    if (role === 'test' || role === 'example' || role === 'stub') continue
    for (let at = parentOf(path); at !== '' && !folders.has(at); at = parentOf(at)) folders.set(at, path)
  }
  folderMaps.set(files, folders)
  return folders
}

const folderMaps = new WeakMap<readonly Module[], ReadonlyMap<string, string>>()

const firstFile = (folders: ReadonlyMap<string, string>, folder: string): string => folders.get(folder) ?? folder
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
