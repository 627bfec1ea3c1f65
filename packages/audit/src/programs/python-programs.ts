// The programs of a Python tree: what serves, and of the rest what is a command line, a library, an evaluation, a script.
import type { ConfigFacts } from '../extract/config/contract.ts'
import { folderOf, foldersAbove } from '../extract/manifests/paths.ts'
import { Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { EntryKind, Module, ModuleId } from '../graph/contract.ts'
import type { ProgramOfLanguage } from '../graph/program/programs.ts'
import { because, type Draft, Drafts } from './draft.ts'
import { Reached } from './reached-modules.ts'
import { moduleFinder, startedModules } from './started-modules.ts'

/** Drafts, and for each module the number of its draft, -1 for none. */
export interface FoundPrograms {
  readonly drafts: readonly Draft[]
  readonly by: Int32Array
  /** Modules of folders of scripts that a deployment starts: they are product code. */
  readonly started: readonly ModuleId[]
}

const WEB: readonly EntryKind[] = ['route', 'websocket', 'dependency', 'middleware', 'exception-handler']
const WORK: readonly EntryKind[] = ['task', 'scheduled', 'signal', 'startup']
const WORKER_WORDS =
  /worker|consum|celery|beat|schedul|reader|writer|import|task|job|queue|daemon|poll|listen|sender|cron|stream|crawl|sync|background/i
/** What a console script is called that runs until it is stopped. */
const SERVICE_WORDS = /(?:^|[-_])(?:worker|server|api|serve|scheduler|beat|consumer|daemon|content|web)$|server$/
const APPLICATION_SERVERS = /^(?:uvicorn|gunicorn|hypercorn|waitress|daphne|granian)$/
const PARSERS = ['click', 'typer', 'argparse', 'optparse', 'fire', 'docopt', 'cleo', 'cyclopts']
const EVALUATION = /^(?:_?eval(?:uation)?s?|_?benchmarks?|experiments?)$/
const SCRIPTS = /^_?scripts?(?:[-_]dev)?$/
const MANAGEMENT = /(?:^|\/)management\/(?:commands\/)?[^/]+\.py$/
const NO_PROGRAM = /(?:^|\/)manage\.py$/
const FRAMEWORKS: Readonly<Record<string, string>> = {
  fastapi: 'FastAPI',
  starlette: 'Starlette',
  flask: 'Flask',
  quart: 'Quart',
  django: 'Django',
  ninja: 'Django Ninja',
  aiohttp: 'aiohttp',
  sanic: 'Sanic',
  litestar: 'Litestar',
  channels: 'Channels',
  twisted: 'Twisted',
  graphene: 'GraphQL',
  strawberry: 'GraphQL',
  celery: 'Celery',
  dramatiq: 'Dramatiq',
  rq: 'RQ',
  huey: 'Huey',
  arq: 'arq',
  prefect: 'Prefect',
  ariadne: 'GraphQL',
  apscheduler: 'APScheduler',
}

/** Finds them. */
export function pythonPrograms(
  { program, trees }: ProgramOfLanguage,
  config: ConfigFacts,
  paths: readonly string[],
): FoundPrograms {
  const { modules } = program
  const drafts = new Drafts()
  const finder = moduleFinder(modules)
  const find = (name: string): ModuleId | undefined => {
    const module = finder.named(name)
    return module < 0 ? undefined : module
  }
  const isProduct = (id: ModuleId): boolean => modules[id]!.role === 'code' || modules[id]!.role === 'configuration'
  const home = homesOf(modules, paths)

  const commands = new Map<ModuleId, number>()
  for (const { kind, function: fn } of program.entries) {
    if (kind !== 'command') continue
    const { module } = program.functionInfo(fn)
    commands.set(module, (commands.get(module) ?? 0) + 1)
  }
  const scripts = new Set(config.consoleScripts.map(({ module }) => find(module)))
  /** A command line that waits for one answer, as a login does, is no server by it. */
  const isCommandLine = (id: ModuleId): boolean => scripts.has(id) && (commands.get(id) ?? 0) > 1
  for (const entry of program.entries) {
    const module = program.functionInfo(entry.function).module
    if (!isProduct(module) || entry.kind === 'command' || isCommandLine(module)) continue
    const isWeb = WEB.includes(entry.kind)
    if (!isWeb && !WORK.includes(entry.kind)) continue
    const draft = drafts.of(isWeb || entry.kind === 'startup' ? 'server' : 'worker', ...home(module))
    draft.roots.push(module)
    const name = FRAMEWORKS[entry.framework]
    if (entry.kind === 'route' || entry.kind === 'websocket') draft.routes++
    if (entry.kind === 'task' || entry.kind === 'scheduled') draft.tasks++
    if (name !== undefined && (entry.kind === 'route' || entry.kind === 'task')) draft.madeWith.add(name)
  }
  // The file that makes the application is loaded by its server alone.
  for (const { id, path } of modules)
    if (/(?:^|\/)(?:wsgi|asgi)\.py$/.test(path) && isProduct(id)) drafts.of('server', ...home(id)).roots.push(id)
  const hasRoutes = new Set(drafts.all.filter(({ kind }) => kind === 'server').flatMap(({ roots }) => roots))
  const started = startedModules(modules, config)
  const isStarted = new Set(started.map(({ module }) => module))
  for (const { module, place, what, words } of started) {
    // A command line that a deployment starts serves by one of its commands; the others are still for people.
    if (hasRoutes.size > 0 && (scripts.has(module) || (commands.get(module) ?? 0) > 1)) continue
    const isServer =
      !WORKER_WORDS.test(words) &&
      (/gunicorn|uvicorn|hypercorn|daphne|granian/.test(words) || reaches(program, module, hasRoutes))
    const draft = drafts.of(isServer ? 'server' : 'worker', ...home(module))
    draft.roots.push(module)
    because(draft, what, place)
  }
  for (const { name, module: wanted, place } of config.consoleScripts) {
    const module = find(wanted)
    if (module === undefined || !isProduct(module) || (commands.get(module) ?? 0) > 1) continue
    const isServer = [...program.imports.externalsOf(module).keys()].some((one) => APPLICATION_SERVERS.test(one))
    if (!isServer && !SERVICE_WORDS.test(name)) continue
    const draft = drafts.of(isServer || !WORKER_WORDS.test(name) ? 'server' : 'worker', ...home(module))
    draft.roots.push(module)
    because(draft, `installed as \`${name}\``, place)
  }
  for (const { server, place, target } of config.servers) {
    if (server !== 'celery' || target === '') continue
    for (const draft of drafts.all)
      if (draft.kind === 'worker') because(draft, `\`celery\` works for \`${target}\``, place)
  }

  const reached = new Reached(program, (id) => isProduct(id) || isStarted.has(id))
  const serving = drafts.all
  const order = [...serving.keys()].sort((a, b) => weight(serving[b]!) - weight(serving[a]!))
  for (const number of order) reached.spread(serving[number]!, number)

  beside({ program, trees, config, drafts, reached, commands, find, home })
  return { drafts: drafts.all, by: reached.by, started: started.map(({ module }) => module) }
}

/** Servers before workers, then the one with more routes. */
const weight = (draft: Draft): number => (draft.kind === 'server' ? 1_000_000 : 0) + draft.routes + draft.tasks

/** Whether the import closure of a module has one of these. */
function reaches(program: ProgramOfLanguage['program'], from: ModuleId, wanted: ReadonlySet<ModuleId>): boolean {
  const seen = new Set([from])
  const queue = [from]
  for (let head = 0; head < queue.length; head++) {
    if (wanted.has(queue[head]!)) return true
    for (const edge of program.imports.importsOf(queue[head]!)) {
      if (edge.tier === 'type-only' || seen.has(edge.to)) continue
      seen.add(edge.to)
      queue.push(edge.to)
    }
  }
  return false
}

interface Rest {
  readonly program: ProgramOfLanguage['program']
  readonly trees: readonly SyntaxTree[]
  readonly config: ConfigFacts
  readonly drafts: Drafts
  readonly reached: Reached
  /** How many commands a module offers. */
  readonly commands: ReadonlyMap<ModuleId, number>
  find(name: string): ModuleId | undefined
  home(id: ModuleId): Home
}

/** What no server loads, by the evidence that there is; without any it stays where it is. */
function beside({ program, trees, config, drafts, reached, commands, find, home }: Rest): void {
  const { modules } = program
  const left = modules.filter(({ id, role }) => role === 'code' && !reached.has(id))
  if (left.length === 0 || !reached.by.some((number) => number >= 0)) return
  const isFree = (id: ModuleId): boolean => modules[id]!.role === 'code'
  const take = (draft: Draft, mayEnter = isFree): void => {
    reached.spread(draft, drafts.all.indexOf(draft), mayEnter)
  }

  for (const { name, module, place } of config.consoleScripts) {
    const id = find(module)
    if (id === undefined || reached.has(id) || !isFree(id)) continue
    const draft = drafts.of('command line', home(id)[0], folderOf(modules[id]!.path))
    draft.roots.push(id)
    because(draft, `installed as \`${name}\``, place)
    take(draft)
  }
  const served = new Set(modules.filter(({ id }) => reached.has(id)).map(({ id }) => home(id)[1]))
  for (const one of left) {
    const { id, path } = one
    if (reached.has(id) || NO_PROGRAM.test(path)) continue
    // Commands of Django are part of the applications that they lie in, and often how a worker is started.
    if (MANAGEMENT.test(path)) {
      reached.by[id] = drafts.all.findIndex(({ kind }) => kind === 'server')
      continue
    }
    const [, folder] = home(id)
    const inside = folder === '' ? path : path.slice(folder.length + 1)
    const folders = inside.split('/').slice(0, -1)
    const [top = ''] = folders
    if (EVALUATION.test(top)) {
      own(drafts, take, 'evaluation', folder === '' ? top : `${folder}/${top}`, one, 'lies in a folder of evaluations')
    } else if (folder !== '' && !served.has(folder)) {
      own(drafts, take, 'library', folder, one, 'is packaged for itself, and no server here loads it')
    } else if (folders.some((segment) => SCRIPTS.test(segment))) {
      own(drafts, take, 'script', '', one, 'lies in a folder of scripts')
    } else if (commands.has(id) || isCommand(program, trees, one)) {
      own(drafts, take, 'command line', '', one, 'parses a command line, and no server here loads it')
    } else if (isStartedByHand(program, trees, one)) {
      own(drafts, take, 'script', '', one, 'is started by hand: nothing imports it, and no deployment file names it')
    }
  }
  withTheirFolders(modules, reached, (number) => drafts.all[number]!.kind === 'command line')
}

/**
 * Commands are often loaded by name: a module that nobody was found to load goes with its folder, when all else in that
 * folder belongs to a command line.
 */
function withTheirFolders(modules: readonly Module[], reached: Reached, isCommand: (number: number) => boolean): void {
  const NONE = -1
  const MIXED = -2
  const owner = new Map<string, number>()
  for (const { id, path, role } of modules) {
    const number = reached.by[id]!
    if (number < 0 || role !== 'code') continue
    for (const folder of foldersAbove(folderOf(path))) {
      const before = owner.get(folder)
      owner.set(folder, isCommand(number) && before !== MIXED ? number : MIXED)
    }
  }
  for (const { id, path, role } of modules) {
    if (role !== 'code' || reached.has(id)) continue
    for (const folder of foldersAbove(folderOf(path))) {
      const number = owner.get(folder) ?? NONE
      if (folder === '' || number === MIXED) break
      if (number === NONE) continue
      reached.by[id] = number
      break
    }
  }
}

function own(
  drafts: Drafts,
  take: (draft: Draft) => void,
  kind: Draft['kind'],
  folder: string,
  module: Module,
  what: string,
): void {
  const draft = drafts.of(kind, folder.slice(folder.lastIndexOf('/') + 1), folder)
  draft.roots.push(module.id)
  because(draft, what, { path: module.path, line: 1 })
  take(draft)
}

function isCommand(program: ProgramOfLanguage['program'], trees: readonly SyntaxTree[], { id, path }: Module): boolean {
  const externals = program.imports.externalsOf(id)
  return PARSERS.some((name) => externals.has(name)) && (path.endsWith('__main__.py') || hasMain(trees[id]!))
}

/** A main guard or a loop that it enters as it is loaded, nobody who imports it, and no class that a factory could look for. */
function isStartedByHand(program: ProgramOfLanguage['program'], trees: readonly SyntaxTree[], { id }: Module): boolean {
  const tree = trees[id]!
  if (!(hasMain(tree) || runsWhenLoaded(program, tree, id)) || program.imports.importersOf(id).length > 0) return false
  const { inference } = program
  for (let at = tree.firstChild(0); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.ClassDef) continue
    const scope = inference.names.scopeAt(id, at)
    if (inference.classes.ancestors(scope).some((ancestor) => ancestor.scope >= 0 && ancestor.scope !== scope))
      return false
  }
  return true
}

const LOOPS = new Set([
  'run_until_complete',
  'run_forever',
  'serve_forever',
  'run_polling',
  'infinity_polling',
  'mainloop',
])

/** `loop.run_until_complete(…)` outside of every function: whoever imported it would never come back. */
function runsWhenLoaded(program: ProgramOfLanguage['program'], tree: SyntaxTree, id: ModuleId): boolean {
  if (![...LOOPS].some((name) => tree.strings.id(name) >= 0 && tree.mentions(tree.strings.id(name)))) return false
  return program
    .callsIn(program.functionAt(id, 0))
    .some((call) => LOOPS.has(program.callInfo(call).text.split('.').at(-1) ?? ''))
}

/** `if __name__ == '__main__':` at the top. */
function hasMain(tree: SyntaxTree): boolean {
  const { strings } = tree
  const name = strings.id('__name__')
  if (name < 0 || !tree.mentions(name) || !tree.mentions(strings.id('__main__'))) return false
  for (let at = tree.firstChild(0); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.If && tree.kind(at + 1) === Kind.Compare && tree.name(at + 2) === name) return true
  }
  return false
}

/** Share of a distribution's code from which on its top package names the program. */
const DOMINANT = 0.6
const NAMELESS = /^(?:src|app|apps|lib|backend|server|python|packages)?$/
const DISTRIBUTION = /(?:^|\/)(?:pyproject\.toml|setup\.py|setup\.cfg|Pipfile|requirements\.txt)$/
/** `setup.py` inside of a package is a module like others. */
const INSIDE = /(?:^|\/)__init__\.py$/

/** Name and folder of what is packaged or installed together. */
type Home = readonly [name: string, folder: string]

/** The home of each module: the nearest folder above it with a manifest, called by its main package. */
function homesOf(modules: readonly Module[], paths: readonly string[]): (id: ModuleId) => Home {
  const inside = new Set(paths.filter((path) => INSIDE.test(path)).map(folderOf))
  const manifests = new Set(
    paths.filter((path) => DISTRIBUTION.test(path) && !inside.has(folderOf(path))).map(folderOf),
  )
  const folders = modules.map(({ path }) => {
    for (const folder of foldersAbove(folderOf(path))) if (manifests.has(folder)) return folder
    return ''
  })
  const sizes = new Map<string, Map<string, number>>()
  for (const { id, path, role } of modules) {
    if (role !== 'code') continue
    const folder = folders[id]!
    const below = folder === '' ? path : path.slice(folder.length + 1)
    const tops = sizes.get(folder) ?? new Map<string, number>()
    const top = below.includes('/') ? below.slice(0, below.indexOf('/')) : ''
    tops.set(top, (tops.get(top) ?? 0) + 1)
    sizes.set(folder, tops)
  }
  const known = new Map<string, Home>()
  for (const [folder, tops] of sizes) {
    const all = [...tops.values()].reduce((sum, size) => sum + size, 0)
    const [main] = [...tops].sort((a, b) => b[1] - a[1])
    const isMain = main !== undefined && main[1] >= all * DOMINANT && !NAMELESS.test(main[0])
    known.set(folder, [isMain ? main[0] : folder.slice(folder.lastIndexOf('/') + 1), folder])
  }
  return (id) => known.get(folders[id]!) ?? ['', folders[id]!]
}
