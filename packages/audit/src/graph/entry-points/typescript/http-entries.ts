// Routes, middleware and hooks that are registered by calls: Express, Fastify, Koa, Hono and their like.
import { Kind } from '../../../facts/contract.ts'
import type { EntryKind } from '../../contract.ts'
import { lastName } from '../../inference/last-name.ts'
import { TypeKind } from '../../inference/type-table.ts'
import type { EntryCollector } from '../entry-collector.ts'
import { entryValue, functionsBelow, handlersIn, importedFrom } from './handlers.ts'

const VERBS = new Set('get post put patch delete del all options head'.split(' '))
const SERVERS = /^(express|fastify|koa|hono|@koa\/|koa-|@hono\/|restify|polka|find-my-way|@fastify\/|express-)/
/** What people call a router where its type is not told. */
const ROUTER_NAME = /^(?:\w*(?:app|router|server|fastify|routes?|api|instance|hono))$/i

/** Finds what is registered by calls such as `app.get('/x', handler)`. */
export function findHttpEntries(collector: EntryCollector): void {
  const { index } = collector.inference
  for (let call = 0; call < index.callNode.length; call++) {
    const module = index.scopeModule[index.callScope[call]!]!
    const tree = index.trees[module]!
    const node = index.callNode[call]!
    if (tree.kind(node + 1) === Kind.Name) {
      byName(collector, module, node, tree.text(node + 1))
      continue
    }
    if (tree.kind(node + 1) !== Kind.Attribute) continue
    const method = tree.text(node + 1)
    const argument = tree.nextSibling(node + 1)
    if (argument < 0) continue
    if (VERBS.has(method)) verb(collector, module, node, method, argument)
    else if (method === 'use' || method === 'addHook') middleware(collector, module, node, argument, method === 'use')
    else if (method === 'route' && tree.kind(argument) === Kind.Dict) described(collector, module, node, argument)
    else if (method === 'setErrorHandler' || method === 'onError') {
      if (frameworkOf(collector, module, node + 2) !== '') {
        add(collector, 'exception-handler', module, node, argument, 'error handler')
      }
    } else if (method === 'createServer') nodeServer(collector, module, node)
  }
}

function verb(collector: EntryCollector, module: number, node: number, method: string, first: number): void {
  const tree = collector.inference.index.trees[module]!
  const path = tree.kind(first) === Kind.String && tree.value(first) >= 0 ? tree.text(first) : ''
  const framework = frameworkOf(collector, module, node + 2)
  const isPath = path.startsWith('/') || path === '' || path === '*'
  if (framework === '') {
    // Without a type the path, the name of the object and a function at the end must say it together.
    if (!path.startsWith('/') || !ROUTER_NAME.test(lastName(tree, node + 2))) return
  } else if (!isPath && tree.kind(first) === Kind.String && framework !== 'koa') return
  const handlers: number[] = []
  for (let at = first; at >= 0; at = tree.nextSibling(at)) {
    handlers.push(...handlersIn(collector, module, at))
    // Fastify: `app.get('/x', { handler })`.
    const inner = entryValue(collector, module, at, 'handler')
    if (inner >= 0) handlers.push(...handlersIn(collector, module, inner))
  }
  const label = `${method.toUpperCase()} ${path || pathOfRoute(collector, module, node) || '…'}`
  for (const fn of handlers) collector.add('route', framework || 'node', fn, label, module, node)
  // `app.get('setting')` reads one; with something behind the path it registers.
  const isRegistration = framework !== '' && path.startsWith('/') && tree.nextSibling(first) >= 0
  if (handlers.length === 0 && isRegistration && !isLibraryHandler(collector, module, first))
    collector.lose(label, module, node)
}

/** The last argument is a function of a library, or what one gives: `cors()`, `express.static('public')`. */
function isLibraryHandler(collector: EntryCollector, module: number, first: number): boolean {
  const tree = collector.inference.index.trees[module]!
  let last = first
  for (let at = first; at >= 0; at = tree.nextSibling(at)) last = at
  if (collector.isOutside(module, tree.kind(last) === Kind.Call ? last + 1 : last)) return true
  // `const open = cors({ origin: '*' })`
  const place = collector.inference.definitionOf(module, last)
  if (place === undefined) return false
  const other = collector.inference.index.trees[place.module]!
  const statement = other.parent(place.node)
  const value = other.kind(statement) === Kind.Assign ? other.lastChild(statement) : -1
  return value >= 0 && other.kind(value) === Kind.Call && collector.isOutside(place.module, value + 1)
}

/** `router.route('/x').get(…)`. */
function pathOfRoute(collector: EntryCollector, module: number, node: number): string {
  const tree = collector.inference.index.trees[module]!
  let at = node + 2
  while (tree.kind(at) === Kind.Call || tree.kind(at) === Kind.Attribute) {
    if (tree.kind(at) === Kind.Call && lastName(tree, at) === 'route')
      return collector.textArgument(tree, module, at, 0, '')
    at++
  }
  return ''
}

function middleware(collector: EntryCollector, module: number, node: number, first: number, isUse: boolean): void {
  const tree = collector.inference.index.trees[module]!
  const framework = frameworkOf(collector, module, node + 2)
  if (framework === '' && !ROUTER_NAME.test(lastName(tree, node + 2))) return
  for (let at = first; at >= 0; at = tree.nextSibling(at)) {
    for (const fn of handlersIn(collector, module, at)) {
      const last = isUse && framework !== 'koa' && framework !== 'hono' && endsRequest(collector, fn)
      collector.add(
        last ? 'route' : 'middleware',
        'node',
        fn,
        last ? 'fallback' : middlewareName(collector, fn),
        module,
        node,
      )
    }
  }
}

/** `middleware authenticate`; one without a name of its own is only called what it is. */
function middlewareName(collector: EntryCollector, fn: number): string {
  const { index } = collector.inference
  const tree = index.trees[index.scopeModule[fn]!]!
  const node = index.scopeNode[fn]!
  return tree.kind(node) === Kind.FunctionDef ? `middleware ${tree.text(node)}` : 'middleware'
}

/** `(req, res)` without `next`: it answers whatever reaches it, and nothing passes through it to a route. */
function endsRequest(collector: EntryCollector, fn: number): boolean {
  const { index } = collector.inference
  const tree = index.trees[index.scopeModule[fn]!]!
  const names: string[] = []
  for (let at = tree.firstChild(index.scopeNode[fn]!); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Param) names.push(tree.text(at))
  }
  return names.length === 2 && /^_?res(p|ponse)?$/.test(names[1] ?? '')
}

/** Fastify: `app.route({ method, url, handler, preHandler })`. */
function described(collector: EntryCollector, module: number, node: number, dict: number): void {
  const tree = collector.inference.index.trees[module]!
  const url = entryValue(collector, module, dict, 'url')
  const method = entryValue(collector, module, dict, 'method')
  const text = (at: number): string =>
    at >= 0 && tree.kind(at) === Kind.String && tree.value(at) >= 0 ? tree.text(at) : '…'
  for (const key of ['handler', 'preHandler', 'preValidation', 'onRequest', 'preParsing', 'preSerialization']) {
    const at = entryValue(collector, module, dict, key)
    if (at < 0) continue
    const kind = key === 'handler' ? 'route' : 'middleware'
    add(collector, kind, module, node, at, kind === 'route' ? `${text(method)} ${text(url)}` : key)
  }
}

function nodeServer(collector: EntryCollector, module: number, node: number): void {
  const tree = collector.inference.index.trees[module]!
  const type = collector.inference.typeOf(module, node + 1)
  const { table } = collector.inference
  if (table.kind[type] !== TypeKind.Outside || !/^https?\.createServer$/.test(table.outsideName(table.a[type]!))) return
  for (let at = tree.nextSibling(node + 1); at >= 0; at = tree.nextSibling(at))
    add(collector, 'route', module, node, at, 'server')
}

/** Footing's `route({ … })` and `implement(manifest, …)`; h3's `defineEventHandler(fn)`. */
function byName(collector: EntryCollector, module: number, node: number, name: string): void {
  const tree = collector.inference.index.trees[module]!
  const first = tree.nextSibling(node + 1)
  if (first < 0) return
  if (name === 'defineEventHandler' || name === 'eventHandler') {
    add(collector, 'route', module, node, first, 'event handler')
    return
  }
  if (name !== 'route' && name !== 'implement') return
  if (!importedFrom(collector, module, node + 1).startsWith('@footing/')) return
  if (name === 'route') {
    const [method, path] = ['method', 'path'].map((key) => entryValue(collector, module, first, key))
    const text = (at: number | undefined): string =>
      at !== undefined && at >= 0 && tree.kind(at) === Kind.String ? tree.text(at) : '…'
    for (const fn of functionsBelow(collector, module, first)) {
      collector.add('route', 'footing', fn, `${text(method)} ${text(path)}`, module, node)
    }
    return
  }
  const body = tree.nextSibling(first)
  if (body < 0) return
  for (let at = body; at < tree.end(body); at++) {
    if (tree.kind(at) !== Kind.Dict) continue
    for (const [key, kind] of PARTS) {
      const value = entryValue(collector, module, at, key)
      if (value < 0 || tree.kind(value) !== Kind.Dict) continue
      for (const fn of functionsBelow(collector, module, value))
        collector.add(kind, 'footing', fn, `${key} operation`, module, value)
    }
  }
}

/** Parts of an implementation whose functions Footing calls. */
const PARTS: readonly (readonly [string, EntryKind])[] = [
  ['port', 'route'],
  ['on', 'task'],
  ['jobs', 'task'],
  ['cron', 'scheduled'],
]

function add(
  collector: EntryCollector,
  kind: EntryKind,
  module: number,
  node: number,
  argument: number,
  label: string,
): void {
  for (const fn of handlersIn(collector, module, argument)) collector.add(kind, 'node', fn, label, module, node)
}

/** The web framework whose object an expression is, '' for none. */
function frameworkOf(collector: EntryCollector, module: number, node: number): string {
  for (const name of collector.kindsOf(collector.inference.typeOf(module, node))) {
    const found = SERVERS.exec(name)?.[1]
    if (found !== undefined) return found.replace(/^@?(\w+).*$/, '$1')
  }
  return ''
}
