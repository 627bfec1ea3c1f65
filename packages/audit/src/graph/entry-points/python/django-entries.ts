// Entry points of Django and DRF: urls.py, class-based views, view sets, middleware, commands, signals, AppConfig.ready.
import { Kind } from '../../../facts/contract.ts'
import type { FunctionId } from '../../contract.ts'
import { lastName } from '../../inference/last-name.ts'
import { TypeKind } from '../../inference/type-table.ts'
import { ScopeKind } from '../../source-index.ts'
import type { EntryCollector } from '../entry-collector.ts'

const VIEW_METHODS =
  'get post put patch delete head options dispatch list create retrieve update partial_update destroy form_valid form_invalid get_queryset get_context_data get_object perform_create perform_update perform_destroy initial'.split(
    ' ',
  )
const HTTP_METHODS = new Set(['get', 'post', 'put', 'patch', 'delete', 'head', 'options'])
const MIDDLEWARE_METHODS = [
  '__call__',
  '__acall__',
  'process_request',
  'process_view',
  'process_response',
  'process_exception',
]

/** Finds Django entry points. */
export function findDjangoEntries(collector: EntryCollector): void {
  urls(collector)
  settingsMiddleware(collector)
  classes(collector)
}

function urls(collector: EntryCollector): void {
  const { inference } = collector
  const { index } = inference
  const strings = index.trees[0]?.strings
  if (strings === undefined) return
  const wanted = new Set(
    ['path', 're_path', 'url', 'register', 'endpoint'].map((name) => strings.id(name)).filter((id) => id >= 0),
  )
  if (wanted.size === 0) return
  for (let module = 0; module < index.trees.length; module++) {
    const tree = index.trees[module]!
    for (let call = index.firstCall[module]!; call < index.firstCall[module + 1]!; call++) {
      if (!wanted.has(index.callName[call]!)) continue
      const node = index.callNode[call]!
      const view = inference.argumentOf(module, node, 1, '')
      if (view < 0) continue
      const label = pathOf(collector.textArgument(tree, module, node, 0, 'route'))
      const before = collector.entries.length
      const isView = tree.kind(view) === Kind.Call && lastName(tree, view + 1) === 'as_view'
      if (isView) {
        // `Orders().as_view()` is `Orders.as_view()`.
        const of = tree.kind(view + 2) === Kind.Call ? view + 3 : view + 2
        for (const scope of collector.classesOf(module, of)) addView(collector, scope, label, module, node)
      } else if (tree.text(node + 1) === 'register') {
        for (const scope of collector.classesOf(module, view)) addView(collector, scope, label, module, node)
      } else {
        for (const fn of wrappedViews(collector, module, view))
          collector.add('route', 'django', fn, label, module, node)
      }
      const isUrls = /(?:^|\/)\w*urls?\w*(?:\/\w+)?\.py$/.test(tree.path)
      if (collector.entries.length > before || !isUrls || !isOwnView(collector, module, view, isView)) continue
      collector.lose(label, module, node)
    }
  }
}

/** A view by name, or inside of the decorators that are called on it: `csrf_exempt(orders)`. */
function wrappedViews(collector: EntryCollector, module: number, view: number, depth = 0): readonly FunctionId[] {
  const own = collector.functionsOf(module, view)
  const tree = collector.inference.index.trees[module]!
  if (own.length > 0 || tree.kind(view) !== Kind.Call || lastName(tree, view + 1) === 'include' || depth > 3) return own
  const found: FunctionId[] = []
  for (const scope of collector.classesOf(module, view + 1)) {
    const call = collector.method(scope, '__call__')
    if (call >= 0) found.push(call)
  }
  for (let at = tree.nextSibling(view + 1); at >= 0; at = tree.nextSibling(at))
    found.push(...wrappedViews(collector, module, at, depth + 1))
  return found
}

/** Whether a view that could not be followed is code of the project: not another list of URLs, not one of a library. */
function isOwnView(collector: EntryCollector, module: number, view: number, isView: boolean): boolean {
  const tree = collector.inference.index.trees[module]!
  if (tree.kind(view) === Kind.Call && lastName(tree, view + 1) === 'include') return false
  if (isView) {
    // A class without a method of its own answers by those of the library.
    return collector.classesOf(module, view + 2).length === 0 && !collector.isOutside(module, view + 2)
  }
  const kind = tree.kind(view)
  if (kind !== Kind.Name && kind !== Kind.Attribute && kind !== Kind.Call) return false
  if (kind === Kind.Attribute && tree.text(view) === 'urls') return false
  const named = kind === Kind.Call ? view + 1 : view
  return !collector.isOutside(module, named) && collector.classesOf(module, named).length === 0
}

/** A pattern as the path that people ask for: `/item/{pk}`. */
function pathOf(pattern: string): string {
  const path = pattern
    .replace(/\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)/g, '{$1}')
    .replace(/<(?:\w+:)?(\w+)>/g, '{$1}')
    .replace(/^\^|\$$|\\(?=[./-])/g, '')
    .replace(/\/?\?$/, '')
  return `/${path}`
}

function addView(collector: EntryCollector, scope: number, label: string, module: number, node: number): void {
  const { inference } = collector
  const { index, names } = inference
  for (const name of VIEW_METHODS) {
    const fn = collector.method(scope, name)
    if (fn < 0) continue
    const text = HTTP_METHODS.has(name) ? `${name.toUpperCase()} ${label}` : `${label} (${name})`
    collector.add('route', 'django', fn, text, module, node)
  }
  for (const ancestor of inference.classes.ancestors(scope)) {
    if (ancestor.scope < 0) continue
    const other = index.scopeModule[ancestor.scope]!
    const tree = index.trees[other]!
    const { start, node: nodes } = index.bindings
    for (let i = start[ancestor.scope]!; i < start[ancestor.scope + 1]!; i++) {
      if (tree.kind(nodes[i]!) !== Kind.FunctionDef) continue
      const fn = names.scopeAt(other, nodes[i]!)
      if (inference.decoratorNames(fn).some((d) => d === 'action' || d === 'list_route' || d === 'detail_route')) {
        collector.add('route', 'django', fn, `${label} (${tree.text(nodes[i]!)})`, module, node)
      }
    }
  }
}

function settingsMiddleware(collector: EntryCollector): void {
  const { inference } = collector
  const { index, modules, names } = inference
  const strings = index.trees[0]?.strings
  if (strings === undefined) return
  const id = strings.id('MIDDLEWARE')
  if (id < 0) return
  for (let module = 0; module < index.trees.length; module++) {
    const scope = index.firstScope[module]!
    const tree = index.trees[module]!
    for (const binding of names.bindingsIn(scope, id)) {
      const statement = tree.parent(binding)
      for (let at = statement; at < tree.end(statement); at++) {
        if (tree.kind(at) !== Kind.String || tree.value(at) < 0) continue
        const text = tree.text(at)
        const dot = text.lastIndexOf('.')
        if (dot < 0) continue
        const owner = modules.find(text.slice(0, dot), module)
        if (owner < 0) continue
        const type = inference.exportOf(owner, strings.id(text.slice(dot + 1)))
        for (const member of inference.table.members(type)) {
          const target = inference.table.a[member]!
          if (inference.table.kind[member] === TypeKind.Class) {
            for (const name of MIDDLEWARE_METHODS) {
              const fn = collector.method(target, name)
              if (fn >= 0) collector.add('middleware', 'django', fn, `middleware ${text.slice(dot + 1)}`, module, at)
            }
          } else if (inference.table.kind[member] === TypeKind.Function) {
            collector.add('middleware', 'django', target, `middleware ${text.slice(dot + 1)}`, module, at)
          }
        }
      }
    }
  }
}

function classes(collector: EntryCollector): void {
  const { inference } = collector
  const { index } = inference
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] === ScopeKind.Function) {
      if (inference.decoratorNames(scope).includes('receiver')) {
        collector.add('signal', 'django', scope, 'signal', index.scopeModule[scope]!, index.scopeNode[scope]!)
      }
      continue
    }
    if (index.scopeKind[scope] !== ScopeKind.Class) continue
    const module = index.scopeModule[scope]!
    const tree = index.trees[module]!
    const node = index.scopeNode[scope]!
    const name = tree.text(node)
    if (name === 'Command' && tree.path.includes('/management/commands/')) {
      for (const method of ['handle', 'add_arguments', 'handle_app_config']) {
        const fn = collector.method(scope, method)
        const command = tree.path.slice(tree.path.lastIndexOf('/') + 1, -3)
        if (fn >= 0) collector.add('command', 'django', fn, `command ${command}`, module, node)
      }
    }
    const ancestors = inference.classes.ancestors(scope)
    for (const ancestor of ancestors) {
      if (ancestor.scope >= 0) continue
      if (/^django\.apps(\.config)?\.AppConfig$/.test(ancestor.outside)) {
        const ready = collector.method(scope, 'ready')
        if (ready >= 0) collector.add('startup', 'django', ready, `ready ${name}`, module, node)
      } else if (/^celery\.(app\.task\.)?Task$/.test(ancestor.outside)) {
        const run = collector.method(scope, 'run')
        if (run >= 0) collector.add('task', 'celery', run, `task ${name}`, module, node)
      }
    }
  }
}
