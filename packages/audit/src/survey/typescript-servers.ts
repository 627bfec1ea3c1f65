// TypeScript servers in a tree that holds front ends too: which packages serve, what they declare, who enters a function.

import type { ChainStep } from '../detection/detection.ts'
import { Kind } from '../facts/contract.ts'
import type { Place } from '../facts/place.ts'
import type { EntryKind, EntryPoint, FunctionId, Module, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { surveyOf } from './survey.ts'
import { chainTo, isProduct, SERVING } from './whereabouts.ts'

/** A package of the tree whose product code answers requests or works off jobs. */
export interface Server {
  /** Folder of its package.json, '' for the root. */
  readonly folder: string
  /** Where it is put together, undefined for a package whose routes are mounted by another. */
  readonly start: Place | undefined
  readonly routes: readonly EntryPoint[]
  readonly tasks: readonly EntryPoint[]
  /** Packages that it may use: its own, those of packages above it and of the workspaces that it depends on. */
  readonly dependencies: ReadonlySet<string>
}

/** Frameworks whose routes are served by a process of the project; the others run a function for each request. */
const OWN_PROCESS: ReadonlySet<string> = new Set([
  'nest',
  'medusa',
  'express',
  'fastify',
  'koa',
  'hono',
  'polka',
  'restify',
  'node',
  'footing',
])
/** What only code for a browser or a telephone imports. */
const SCREEN = /^(?:react|react-dom|react-native|vue|svelte|preact|solid-js|@angular\/(?:core|common|router))$/
const TERMINAL =
  /^(?:commander|yargs|cac|meow|citty|clipanion|minimist|arg|ora|listr2?|prompts|enquirer|inquirer|ink|nest-commander|@oclif\/core|@inquirer\/prompts|@clack\/prompts)$/
const TERMINAL_FOLDER =
  /(?:^|\/)(?:cli|bin|scripts?|tools|devtools|seeds?|seeders?|fixtures?|generators?|codemods?|benchmarks?)(?:\/|\.[mc]?[jt]s$)/
/** Entry points through which requests, queues and clocks reach code. */
const ENTRIES: readonly EntryKind[] = [...SERVING, 'scheduled']

const known = new WeakMap<Program, readonly Server[]>()

/** The servers of the program, by folder. */
export function serversOf(context: RuleContext): readonly Server[] {
  let servers = known.get(context.program)
  if (servers === undefined) {
    servers = findServers(context)
    known.set(context.program, servers)
  }
  return servers
}

/** Whether a module is for people at a terminal or at a screen, where the console is the place to write to. */
export function isForPeople(context: RuleContext, { id, path }: Module): boolean {
  if (isFrontEnd(context, path) || TERMINAL_FOLDER.test(path) || /\.(?:tsx|jsx)$/.test(path)) return true
  return context.program.imports
    .statementsOf(id)
    .some(
      ({ target, typeOnly }) =>
        target.to === 'package' && !typeOnly && (SCREEN.test(target.name) || TERMINAL.test(target.name)),
    )
}

/** Whether an entry is one of a server: in product code, and not a function that a cloud starts for each request. */
export function isServerEntry(context: RuleContext, entry: EntryPoint): boolean {
  const { program } = context
  const module = program.modules[program.functionInfo(entry.function).module]!
  if (!OWN_PROCESS.has(entry.framework.toLowerCase()) || !isProduct(module)) return false
  if (isFrontEnd(context, module.path)) return false
  // What a client of a socket listens to is no entry of a server.
  return entry.kind !== 'websocket' || !program.imports.externalsOf(module.id).has('socket.io-client')
}

/** The nearest entry of a server that leads to a function, with the way from there to a place in it. */
export function serverChainTo(
  context: RuleContext,
  fn: FunctionId,
  last: ChainStep,
): { readonly entry: EntryPoint | undefined; readonly chain: readonly ChainStep[] } {
  const found = chainTo(context, fn, ENTRIES, last)
  return found.entry === undefined || isServerEntry(context, found.entry) ? found : { entry: undefined, chain: [] }
}

/** The first package of a list that a server may use, or ''. A `*` at the end stands for the rest of a name. */
export function packageInUse({ dependencies }: Server, names: readonly string[]): string {
  for (const name of names) {
    if (dependencies.has(name)) return name
    if (name.endsWith('*')) for (const own of dependencies) if (own.startsWith(name.slice(0, -1))) return own
  }
  return ''
}

/** Folder of the nearest package.json above a path, '' for none. */
export function packageFolder({ manifests }: RuleContext, path: string): string {
  const folders = packageFolders(manifests.packages)
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    if (folders.has(path.slice(0, at))) return path.slice(0, at)
  }
  return ''
}

/** Whether the package of a path declares a library for screens and none that serves: mocked servers of its tests are no servers. */
function isFrontEnd(context: RuleContext, path: string): boolean {
  const { manifests } = context
  let folders = frontEnds.get(manifests.packages)
  if (folders === undefined) {
    const found = manifests.packages.filter(
      ({ dependencies }) =>
        dependencies.some((name) => SCREEN.test(name)) && !dependencies.some((name) => SERVES.test(name)),
    )
    folders = new Set(found.map(({ folder }) => folder))
    frontEnds.set(manifests.packages, folders)
  }
  return folders.size > 0 && folders.has(packageFolder(context, path))
}

const frontEnds = new WeakMap<object, ReadonlySet<string>>()
const SERVES =
  /^(?:express|fastify|koa|hono|restify|polka|next|nuxt|@nestjs\/(?:core|common)|@footing\/core|@hono\/node-server|@remix-run\/node|@react-router\/node|@trpc\/server|@medusajs\/(?:framework|medusa)|bullmq|bull|pg-boss|ws|socket\.io)$/

const folderSets = new WeakMap<object, ReadonlySet<string>>()

function packageFolders(packages: RuleContext['manifests']['packages']): ReadonlySet<string> {
  let folders = folderSets.get(packages)
  if (folders === undefined) {
    folders = new Set(packages.map(({ folder }) => folder))
    folderSets.set(packages, folders)
  }
  return folders
}

function findServers(context: RuleContext): readonly Server[] {
  const { program } = context
  const found = new Map<string, { routes: EntryPoint[]; tasks: EntryPoint[] }>()
  for (const entry of program.entries) {
    if (!isServerEntry(context, entry)) continue
    const isRoute = entry.kind === 'route' || entry.kind === 'websocket'
    if (!isRoute && entry.kind !== 'task') continue
    const folder = packageFolder(context, program.modules[program.functionInfo(entry.function).module]!.path)
    let own = found.get(folder)
    if (own === undefined) {
      own = { routes: [], tasks: [] }
      found.set(folder, own)
    }
    ;(isRoute ? own.routes : own.tasks).push(entry)
  }
  const starts = startPlaces(context)
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([folder, { routes, tasks }]) => ({
      folder,
      start: starts.get(folder),
      routes,
      tasks,
      dependencies: dependenciesOf(context, folder),
    }))
}

/** Calls that make the application, by the library that they come from. */
const STARTS: Readonly<Record<string, RegExp>> = {
  create: /^@nestjs\/core(?:\.|$)/,
  express: /^express(?:\.|$)/,
  fastify: /^fastify(?:\.|$)/,
  Fastify: /^fastify(?:\.|$)/,
  Koa: /^koa(?:\.|$)/,
  serve: /^@hono\/node-server(?:\.|$)/,
}

function startPlaces(context: RuleContext): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (const [name, library] of Object.entries(STARTS)) {
    for (const { module, node } of surveyOf(context).callsNamed(name)) {
      const tree = context.trees[module]!
      const written = tree.kind(node + 1) === Kind.Attribute ? tree.text(node + 2) : ''
      const isStart =
        name === 'create' ? written === 'NestFactory' : library.test(context.program.nameOf(module, node + 1))
      if (!isStart || !isProduct(context.program.modules[module]!)) continue
      const folder = packageFolder(context, tree.path)
      if (!places.has(folder)) places.set(folder, { path: tree.path, line: tree.line(node) })
    }
  }
  return places
}

/** What is declared by a package, above it, by the workspaces that it names, to the end, and by those that name it. */
function dependenciesOf({ manifests }: RuleContext, folder: string): ReadonlySet<string> {
  const byName = new Map(manifests.packages.map((one) => [one.name, one]))
  const all = new Set<string>(manifests.declaredAbove ?? [])
  const seen = new Set<string>()
  const queue = manifests.packages.filter(
    (one) => one.folder === '' || one.folder === folder || folder.startsWith(`${one.folder}/`),
  )
  const own = manifests.packages.find((one) => one.folder === folder)?.name ?? ''
  const users = own === '' ? [] : manifests.packages.filter((one) => one.dependencies.includes(own))
  for (const user of users) for (const name of user.dependencies) all.add(name)
  for (let head = 0; head < queue.length; head++) {
    for (const name of queue[head]!.dependencies) {
      all.add(name)
      const next = byName.get(name)
      if (next === undefined || seen.has(name)) continue
      seen.add(name)
      queue.push(next)
    }
  }
  return all
}
