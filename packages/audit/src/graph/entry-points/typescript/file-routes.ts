// Routes that a framework finds by the place of a file: Next.js, Medusa, SvelteKit, Remix, Nitro, and functions of clouds.
import type { EntryCollector } from '../entry-collector.ts'
import { exportedFunction } from './handlers.ts'

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
  const fn = exportedFunction(collector, module, name)
  if (fn < 0) return
  const { index } = collector.inference
  const path = index.trees[module]!.path.replace(/\.[jt]sx?$/, '')
  const home = index.scopeModule[fn]!
  collector.add(kind, framework, fn, VERBS.includes(name) ? `${name} ${path}` : path, home, index.scopeNode[fn]!)
}
