// The programs of a TypeScript tree, package by package: what serves, and which packages are for a browser or a terminal.
import type { ConfigFacts } from '../extract/config/contract.ts'
import type { Manifests, PackageManifest } from '../extract/manifests/contract.ts'
import { folderOf, foldersAbove } from '../extract/manifests/paths.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { EntryKind, Module, ModuleId, Program } from '../graph/contract.ts'
import type { ProgramOfLanguage } from '../graph/program/programs.ts'
import { because, type Draft, Drafts } from './draft.ts'
import type { FoundPrograms } from './python-programs.ts'
import { Reached } from './reached-modules.ts'
import { startedModules } from './started-modules.ts'

const WEB: readonly EntryKind[] = ['route', 'websocket', 'middleware', 'exception-handler']
const WORK: readonly EntryKind[] = ['task', 'scheduled']
/** What only a page in a browser, or a telephone, is made of. */
const SCREEN =
  /^(?:react|react-dom|react-native|preact|vue|nuxt|svelte|@sveltejs\/kit|solid-js|@angular\/(?:core|common|router|animations)|angular|jquery|backbone|ember-source|lit|next\/navigation|next\/router)$/
const SERVES =
  /^(?:express|fastify|koa|hono|restify|polka|next|nuxt|@sveltejs\/kit|@nestjs\/(?:core|common)|@footing\/core|@hono\/node-server|@remix-run\/node|@react-router\/node|@trpc\/server|@medusajs\/(?:framework|medusa)|bullmq|bull|pg-boss|@temporalio\/worker|ws|socket\.io|agenda)$/
/** Frameworks that a module of a server imports. */
const SERVER_MODULE =
  /^(?:express|fastify|koa|hono|restify|polka|@nestjs\/(?:core|common|schedule|microservices|cqrs|platform-[\w-]+)|@hono\/node-server|@koa\/router|express-session|@fastify\/[\w-]+|multer|bullmq|bull|pg-boss|agenda|@temporalio\/(?:worker|activity))$/
const BUNDLES = /^(?:vite|webpack|parcel|@tauri-apps\/(?:api|cli)|electron|expo|@rspack\/core|rollup-plugin-vue)$/
const TERMINAL =
  /^(?:commander|yargs|cac|meow|citty|clipanion|minimist|arg|ora|listr2?|prompts|enquirer|inquirer|ink|nest-commander|@oclif\/core|@inquirer\/prompts|@clack\/prompts)$/
const COMMANDS = /(?:^|\/)(?:cli|bin|console)\/|(?:^|\/)cli\.[cm]?[jt]s$/
const EVALUATION = /^(?:(?!src\/|app\/|lib\/|server\/)[\w@.-]+\/)*?(?:evals?|evaluations?|benchmarks?)\//
const PAGE = /\.[jt]sx$/
/** What a worker answers as well. */
const HEALTH = /health|ready|live|metrics|ping|status|^middleware$|error handler/i
const WORKER_WORDS = /worker|consum|schedul|queue|job|daemon|cron|beat/i
const MADE_WITH: readonly (readonly [RegExp, string])[] = [
  [/^next$/, 'Next.js'],
  [/^nuxt$/, 'Nuxt'],
  [/^react$/, 'React'],
  [/^vue$/, 'Vue'],
  [/^@angular\/core$/, 'Angular'],
  [/^angular$/, 'AngularJS'],
  [/^svelte$/, 'Svelte'],
  [/^preact$/, 'Preact'],
  [/^jquery$/, 'jQuery'],
  [/^electron$/, 'Electron'],
  [/^@tauri-apps\//, 'Tauri'],
]
const FRAMEWORKS: Readonly<Record<string, string>> = {
  nest: 'NestJS',
  express: 'Express',
  fastify: 'Fastify',
  koa: 'Koa',
  hono: 'Hono',
  next: 'Next.js',
  sveltekit: 'SvelteKit',
  remix: 'Remix',
  medusa: 'Medusa',
  trpc: 'tRPC',
  footing: 'Footing',
  node: 'Node.js',
}

/** Finds them. `hasServer`: another language of the tree answers requests. */
export function typescriptPrograms(
  found: ProgramOfLanguage,
  config: ConfigFacts,
  manifests: Manifests,
  hasServer: boolean,
): FoundPrograms {
  const { program } = found
  const { modules } = program
  const drafts = new Drafts()
  const looks = looksOf(found, manifests)
  const { packageOf, isCode, imports, isScreen, isFrontEnd, mayServe } = looks
  const serving = (kind: 'server' | 'worker', id: ModuleId): Draft => {
    const one = packageOf(modules[id]!.path)
    return drafts.of(kind, nameOf(one), one?.folder ?? '')
  }

  const entries = program.entries.filter(({ kind, function: fn }) => {
    const id = program.functionInfo(fn).module
    if (!isCode(id) || isFrontEnd(packageOf(modules[id]!.path)) || EVALUATION.test(modules[id]!.path)) return false
    // What a client of a socket listens to is no entry of a server.
    return kind !== 'websocket' || !imports(id, /^socket\.io-client$/)
  })
  for (const { kind, label, framework, function: fn } of entries) {
    if (!WEB.includes(kind)) continue
    const id = program.functionInfo(fn).module
    const draft = serving('server', id)
    draft.roots.push(id)
    if (kind === 'route' || kind === 'websocket') draft.routes++
    if (!HEALTH.test(label)) draft.answers = true
    const name = FRAMEWORKS[framework]
    if (name !== undefined && name !== 'Node.js') draft.madeWith.add(name)
  }
  // Jobs of a package that answers requests run in its process, unless something starts them alone.
  for (const { kind, function: fn } of entries) {
    if (!WORK.includes(kind)) continue
    const id = program.functionInfo(fn).module
    const folder = packageOf(modules[id]!.path)?.folder ?? ''
    const draft = drafts.all.find((one) => one.folder === folder) ?? serving('worker', id)
    draft.roots.push(id)
    draft.tasks++
  }
  const started = startedModules(modules, config)
  const isStarted = new Set(started.map(({ module }) => module))
  for (const { module, place, what, words } of started) {
    const one = packageOf(modules[module]!.path)
    if (isFrontEnd(one) || isScreen(module)) continue
    const isServer = drafts.all.some(
      ({ kind, folder, answers }) => kind === 'server' && folder === (one?.folder ?? '') && answers,
    )
    const isWorker = WORKER_WORDS.test(`${words} ${modules[module]!.path}`) && !isServer
    const draft = serving(isWorker || !isServer ? 'worker' : 'server', module)
    draft.roots.push(module)
    because(draft, what, place)
  }
  for (const { id } of modules) {
    if (!mayServe(id) || !imports(id, SERVER_MODULE) || isFrontEnd(packageOf(modules[id]!.path))) continue
    if (EVALUATION.test(modules[id]!.path)) continue
    // A package that others load is part of them; one with a program of its own has routes or is started.
    const folder = packageOf(modules[id]!.path)?.folder ?? ''
    drafts.all.find((one) => one.folder === folder)?.roots.push(id)
  }

  const reached = new Reached(program, (id) => mayServe(id) || isStarted.has(id))
  const { all } = drafts
  foldWorkers(all)
  for (const number of [...all.keys()].sort((a, b) => weight(all[b]!) - weight(all[a]!)))
    reached.spread(all[number]!, number)

  addUnreached(program, looks, reached, drafts)
  // What only they import goes with them.
  for (const [number, draft] of drafts.all.entries()) {
    if (draft.kind === 'server' || draft.kind === 'worker') continue
    spreadBeyond(program, reached, number, modules)
  }
  foldIntoFrontEnds(drafts.all, reached.by, hasServer)
  return { drafts: drafts.all, by: reached.by, started: started.map(({ module }) => module) }
}

/** What a module is by its path, its imports and its package. */
type Looks = ReturnType<typeof looksOf>

function looksOf({ program, trees }: ProgramOfLanguage, manifests: Manifests) {
  const { modules } = program
  const packageOf = packages(manifests)
  const templates = templatesOf(program, packageOf)
  const isTemplate = (id: ModuleId): boolean => templates.has(id)
  const isCode = (id: ModuleId): boolean =>
    (modules[id]!.role === 'code' || modules[id]!.role === 'configuration') && !isTemplate(id)
  const imports = (id: ModuleId, pattern: RegExp): boolean => {
    for (const name of program.imports.externalsOf(id).keys()) if (pattern.test(name)) return true
    return false
  }
  const isScreen = (id: ModuleId): boolean => PAGE.test(modules[id]!.path) || imports(id, SCREEN)
  /** A package that declares what screens are made of, and nothing that serves. */
  const isFrontEnd = (one: PackageManifest | undefined): boolean =>
    one !== undefined &&
    (one.dependencies.some((name) => SCREEN.test(name)) || one.isForBrowser) &&
    !one.dependencies.some((name) => SERVES.test(name))
  const isCommand = (id: ModuleId): boolean => COMMANDS.test(modules[id]!.path) || imports(id, TERMINAL)
  /** A module of a published package that works on a page: it runs in the user's browser, even if server code imports its types. */
  const isForPages = (id: ModuleId): boolean =>
    packageOf(modules[id]!.path)?.isPublished === true && mentionsPage(trees[id]!)
  const mayServe = (id: ModuleId): boolean => isCode(id) && !isScreen(id) && !isCommand(id) && !isForPages(id)
  return { packageOf, isCode, imports, isScreen, isFrontEnd, mayServe, isCommand, isTemplate }
}

const TEMPLATE = /\.(?:template|tmpl|tpl)\.[cm]?[jt]sx?$/
const STATIC = /(?:^|\/)static\//
/** With as many templates a package is a generator, and copies what lies in its folder `static`. */
const GENERATES = 3

/** Sources that a generator reads as text and writes elsewhere: templates by name that no code imports, and its `static` files. */
function templatesOf(
  program: Program,
  packageOf: (path: string) => PackageManifest | undefined,
): ReadonlySet<ModuleId> {
  const named = program.modules.filter(({ path }) => TEMPLATE.test(path)).map(({ id }) => id)
  const found = new Set(named)
  const isLoaded = (id: ModuleId, inside: (path: string) => boolean): boolean =>
    program.imports
      .importersOf(id)
      .some(({ from, tier }) => tier !== 'type-only' && !found.has(from) && !inside(program.modules[from]!.path))
  for (const id of named) if (isLoaded(id, () => false)) found.delete(id)
  const counts = new Map<string, number>()
  for (const id of found) {
    const folder = packageOf(program.modules[id]!.path)?.folder ?? ''
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  for (const { id, path } of program.modules) {
    if (!STATIC.test(path) || (counts.get(packageOf(path)?.folder ?? '') ?? 0) < GENERATES) continue
    if (!isLoaded(id, (from) => STATIC.test(from))) found.add(id)
  }
  return found
}

/** Code that no server and no worker reaches: front ends, command lines, libraries, scripts. */
function addUnreached(program: Program, looks: Looks, reached: Reached, drafts: Drafts): void {
  const { modules } = program
  const { packageOf, isScreen, isCommand, isTemplate } = looks
  const servedPackages = new Set(
    modules
      .filter(({ id, path }) => reached.has(id) && packageOf(path)?.dependencies.includes('next') !== true)
      .map(({ path }) => packageOf(path)?.folder ?? ''),
  )
  for (const module of modules) {
    if (module.role !== 'code' || reached.has(module.id)) continue
    const one = packageOf(module.path)
    if (isTemplate(module.id)) {
      const draft = drafts.of('script', `templates of ${nameOf(one)}`, one?.folder ?? '')
      draft.roots.push(module.id)
      because(draft, 'is read as text by a generator, and nothing loads it', { path: module.path, line: 1 })
      reached.by[module.id] = drafts.all.indexOf(draft)
      continue
    }
    const found = kindOf(module, one, {
      isScreen: isScreen(module.id),
      isCommand: isCommand(module.id),
      serves: one?.dependencies.some((name) => SERVES.test(name)) === true,
      isShared: servedPackages.has(one?.folder ?? ''),
    })
    if (found === undefined) continue
    const draft = drafts.of(found[0], nameOf(one), one?.folder ?? '')
    draft.roots.push(module.id)
    for (const [pattern, name] of found[0] === 'front end' ? MADE_WITH : [])
      if (one?.dependencies.some((other) => pattern.test(other)) === true) draft.madeWith.add(name)
    because(draft, found[1], { path: one?.path ?? module.path, line: 1 })
    reached.by[module.id] = drafts.all.indexOf(draft)
  }
}

/** What only says that it lives is a worker, and the same one as the worker of its package. */
function foldWorkers(drafts: readonly Draft[]): void {
  for (const draft of drafts) {
    if (draft.kind !== 'server' || draft.answers) continue
    const worker = drafts.find(({ kind, folder }) => kind === 'worker' && folder === draft.folder)
    if (worker === undefined) {
      draft.kind = 'worker'
      continue
    }
    worker.roots.push(...draft.roots.splice(0))
    worker.tasks += draft.tasks
    for (const name of draft.madeWith) worker.madeWith.add(name)
  }
}

/** How many times the files of its server a front end must have, for the server to be only what serves it. */
const FRONT_END_SHARE = 20

/** The few files that serve a front end, beside the server that the product has, belong to the front end. */
function foldIntoFrontEnds(drafts: readonly Draft[], by: Int32Array, hasServer: boolean): void {
  const files = drafts.map(() => 0)
  for (const number of by) if (number >= 0) files[number]!++
  for (const [number, draft] of drafts.entries()) {
    if (draft.kind !== 'server') continue
    const front = drafts.findIndex(({ kind, folder }) => kind === 'front end' && folder === draft.folder)
    const isBeside = hasServer || drafts.some(({ kind, routes }) => kind === 'server' && routes > draft.routes)
    if (front < 0 || !isBeside || files[front]! < files[number]! * FRONT_END_SHARE) continue
    for (let id = 0; id < by.length; id++) if (by[id] === number) by[id] = front
    drafts[front]!.routes += draft.routes
    draft.routes = 0
    draft.roots.length = 0
  }
}

const mentionsPage = (tree: SyntaxTree): boolean =>
  ['document', 'window', 'localStorage'].some((name) => {
    const id = tree.strings.id(name)
    return id >= 0 && tree.mentions(id)
  })

const weight = (draft: Draft): number => (draft.kind === 'server' ? 1_000_000 : 0) + draft.routes + draft.tasks

/** What a module that no server loads belongs to, with the reason; undefined without evidence. */
function kindOf(
  { path }: Module,
  one: PackageManifest | undefined,
  is: { isScreen: boolean; isCommand: boolean; serves: boolean; isShared: boolean },
): readonly [Draft['kind'], string] | undefined {
  if (EVALUATION.test(path)) return ['evaluation', 'lies in a folder of evaluations']
  const screen = one?.dependencies.find((name) => SCREEN.test(name))
  if (
    one?.isPublished === true &&
    !is.serves &&
    one.programs.length === 0 &&
    (one.entries.length > 0 || one.hasExports)
  )
    return [
      'library',
      screen === undefined ? 'is published, and no server here loads it' : `is published for \`${screen}\``,
    ]
  if (one !== undefined && one.programs.length > 0 && !is.serves)
    return ['command line', `installs \`${one.programs[0]}\``]
  // A package that servers load as well is not for screens because it knows of them.
  if (is.isScreen || (screen !== undefined && !is.isShared))
    return ['front end', screen === undefined ? 'is made of pages' : `depends on \`${screen}\``]
  const bundler = one?.dependencies.find((name) => BUNDLES.test(name))
  if (bundler !== undefined && !is.serves) return ['front end', `is built by \`${bundler}\``]
  if (is.isCommand) return ['command line', 'is for a terminal']
  return one?.isForBrowser === true ? ['library', 'offers a build for browsers'] : undefined
}

/** Modules that nobody has yet and that modules of a draft import. */
function spreadBeyond(
  program: ProgramOfLanguage['program'],
  reached: Reached,
  number: number,
  modules: readonly Module[],
): void {
  const queue = modules.filter(({ id }) => reached.by[id] === number).map(({ id }) => id)
  for (let head = 0; head < queue.length; head++) {
    for (const edge of program.imports.importsOf(queue[head]!)) {
      if (edge.tier === 'type-only' || reached.has(edge.to) || modules[edge.to]!.role !== 'code') continue
      reached.by[edge.to] = number
      queue.push(edge.to)
    }
  }
}

const nameOf = (one: PackageManifest | undefined): string => one?.name || (one?.folder ?? '')

/** The package that a path belongs to: the nearest package.json above it that names or declares something. */
function packages({ packages }: Manifests): (path: string) => PackageManifest | undefined {
  const byFolder = new Map(packages.map((one) => [one.folder, one]))
  const known = new Map<string, PackageManifest | undefined>()
  return (path) => {
    const folder = folderOf(path)
    if (known.has(folder)) return known.get(folder)
    let found: PackageManifest | undefined
    for (const above of foldersAbove(folder)) {
      const one = byFolder.get(above)
      // `{ "type": "module" }` in a folder makes no package of it.
      if (one === undefined || (one.name === '' && one.dependencies.length === 0)) continue
      found = one
      break
    }
    known.set(folder, found)
    return found
  }
}
