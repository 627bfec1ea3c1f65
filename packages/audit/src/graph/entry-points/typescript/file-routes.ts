// Routes that a framework finds by the place of a file: Next.js, Medusa, SvelteKit, Remix, Nitro, and functions of clouds.
import type { EntryCollector } from '../entry-collector.ts'
import { exportedFunction, exportedHandlers } from './handlers.ts'

const VERBS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

interface FileRoutes {
  readonly path: RegExp
  readonly framework: string
  /** Names of the exported functions that are called. */
  readonly exports: readonly string[]
  readonly kind?: 'middleware'
}

const CONVENTIONS: readonly FileRoutes[] = [
  { path: /(?:^|\/)app\/(?:.*\/)?route\.[jt]sx?$/, framework: 'next', exports: VERBS },
  { path: /(?:^|\/)api\/(?:.*\/)?route\.[jt]s$/, framework: 'medusa', exports: VERBS },
  { path: /(?:^|\/)pages\/api\/.*\.[jt]sx?$/, framework: 'next', exports: ['default'] },
  { path: /(?:^|src\/)middleware\.[jt]s$/, framework: 'next', exports: ['middleware', 'default'], kind: 'middleware' },
  {
    path: /(?:^|\/)\+(?:server|page\.server|layout\.server)\.[jt]s$/,
    framework: 'sveltekit',
    exports: [...VERBS, 'load'],
  },
  { path: /(?:^|\/)app\/routes\/.*\.[jt]sx?$/, framework: 'remix', exports: ['loader', 'action'] },
]
const LAMBDA = ['handler', 'lambdaHandler']

/** Finds the functions that files offer to a framework by their place. */
export function findFileRoutes(collector: EntryCollector): void {
  const { index } = collector.inference
  for (let module = 0; module < index.trees.length; module++) {
    const tree = index.trees[module]!
    for (const { path, framework, exports, kind } of CONVENTIONS) {
      if (!path.test(tree.path)) continue
      for (const name of exports) offer(collector, module, kind ?? 'route', framework, name)
    }
    if (tree.mentions(tree.strings.id('aws-lambda'))) {
      for (const name of LAMBDA) offer(collector, module, 'route', 'lambda', name)
    }
  }
}

function offer(
  collector: EntryCollector,
  module: number,
  kind: 'route' | 'middleware',
  framework: string,
  name: string,
): void {
  const { inference } = collector
  const { index } = inference
  const own = exportedFunction(collector, module, name)
  const wrapped = own >= 0 ? [own] : exportedHandlers(collector, module, inference.nameId(name))
  const file = index.trees[module]!.path
  const path = framework === 'lambda' ? file.replace(/\.[jt]sx?$/, '') : urlOf(file)
  for (const fn of wrapped) {
    const label = VERBS.includes(name) ? `${name} ${path}` : path
    collector.add(kind, framework, fn, label, index.scopeModule[fn]!, index.scopeNode[fn]!)
  }
  const isThere = index.trees[module]!.mentions(inference.nameId(name)) && name !== 'default'
  if (wrapped.length === 0 && kind === 'route' && (isThere || isDefault(collector, module, name)))
    collector.lose(VERBS.includes(name) ? `${name} ${path}` : path, module, 0)
}

/** Whether a file exports something by default. */
function isDefault(collector: EntryCollector, module: number, name: string): boolean {
  const { index, names } = collector.inference
  return name === 'default' && names.bindingsIn(index.firstScope[module]!, collector.inference.nameId(name)).length > 0
}

/** `/api/orders/[id]` for `src/pages/api/orders/[id]/index.ts`: the path that people ask for. */
function urlOf(path: string): string {
  const bare = path.replace(/\.[jt]sx?$/, '')
  const inside = /(?:^|\/)(?:pages|app|src\/routes|src)\/(.*)$/.exec(bare)?.[1] ?? bare
  return `/${inside.replace(/(?:^|\/)(?:route|index|\+(?:server|page\.server|layout\.server))$/, '')}`
}
