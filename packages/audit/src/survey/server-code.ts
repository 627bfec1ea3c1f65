// Which TypeScript runs on a server: a repository often holds its front ends, its commands and its libraries as well.
import type { EntryKind, ModuleId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { isProduct } from './whereabouts.ts'

const WEB_ENTRIES: readonly EntryKind[] = ['route', 'websocket', 'middleware', 'exception-handler']
const SERVERS =
  /^(?:express|fastify|koa|hono|restify|polka|@nestjs\/(?:core|common|schedule|platform-[\w-]+)|@hono\/node-server|@koa\/router|express-session|@fastify\/[\w-]+|multer)$/
/** What only a page in a browser, or a terminal, is made of. */
const BROWSER = /^(?:react|react-dom|preact|vue|svelte|solid-js|@angular\/[\w-]+|ember-source|lit|next\/navigation)$/
const TERMINAL = /^(?:commander|yargs|nest-commander|@oclif\/core|cac|inquirer|@inquirer\/prompts|prompts|ink|meow)$/
const COMMANDS = /(?:^|\/)(?:cli|bin|console)\/|(?:^|\/)cli\.[cm]?[jt]s$/
const PAGE = /\.[jt]sx$/

const known = new WeakMap<Program, ReadonlySet<ModuleId>>()

/** Product modules that a server's process loads: those of its entry points and frameworks, and what they import. */
export function serverModules(context: RuleContext): ReadonlySet<ModuleId> {
  const before = known.get(context.program)
  if (before !== undefined) return before
  const { program } = context
  const served = new Set<ModuleId>()
  const queue: ModuleId[] = []
  const add = (module: ModuleId): void => {
    if (served.has(module) || !mayServe(context, module)) return
    served.add(module)
    queue.push(module)
  }
  for (const entry of program.entries) if (entry.kind !== 'command') add(program.functionInfo(entry.function).module)
  for (const module of program.modules) {
    if ([...program.imports.externalsOf(module.id).keys()].some((name) => SERVERS.test(name))) add(module.id)
  }
  for (let head = 0; head < queue.length; head++) {
    for (const edge of program.imports.importsOf(queue[head]!)) if (edge.tier !== 'type-only') add(edge.to)
  }
  known.set(program, served)
  return served
}

/** Whether a module is product code that is neither a page nor a command. */
export function mayServe({ program }: RuleContext, id: ModuleId): boolean {
  const module = program.modules[id]!
  if (!isProduct(module) || PAGE.test(module.path) || COMMANDS.test(module.path)) return false
  return ![...program.imports.externalsOf(id).keys()].some((name) => BROWSER.test(name) || TERMINAL.test(name))
}

/** Folder of the package that a file belongs to: the nearest package.json above it. */
function packageFolder({ manifests }: RuleContext, path: string): string {
  let found = ''
  for (const { folder } of manifests.packages) {
    if (folder.length > found.length && path.startsWith(`${folder}/`)) found = folder
  }
  return found
}

const HEALTH = /health|ready|live|metrics|ping|status/i
const webPackages = new WeakMap<Program, ReadonlySet<string>>()

/** Whether the package of a file answers requests; a worker with a health check alone does not. */
export function isWebPackage(context: RuleContext, path: string): boolean {
  let folders = webPackages.get(context.program)
  if (folders === undefined) {
    const { program } = context
    folders = new Set(
      program.entries
        .filter((entry) => WEB_ENTRIES.includes(entry.kind) && entry.kind !== 'middleware')
        .filter((entry) => !HEALTH.test(entry.label))
        .map((entry) => program.modules[program.functionInfo(entry.function).module]!)
        .filter(isProduct)
        .map((module) => packageFolder(context, module.path)),
    )
    webPackages.set(program, folders)
  }
  return folders.has(packageFolder(context, path))
}
